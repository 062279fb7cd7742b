"""Seeded changes that game or harm, and honest ones beside: what do the checks say?"""
