"""Whole lives of agents: how often is something false promoted, and how soon something true?"""
