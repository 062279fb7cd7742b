"""One page of metrics for the processes of a local cluster."""

from prometheus_client.parser import text_string_to_metric_families

from pawl.metrics import merged

PAGE = """# HELP pawl_consumer_lag Records not dealt with
# TYPE pawl_consumer_lag gauge
pawl_consumer_lag{{service="{name}",topic="t"}} {lag}
# HELP pawl_handled_total Records dealt with
# TYPE pawl_handled_total counter
pawl_handled_total{{service="{name}"}} 7.0
"""


def test_each_family_is_there_once_with_the_series_of_every_process() -> None:
    page = merged([PAGE.format(name="a", lag="1.0"), PAGE.format(name="b", lag="2.0")]).decode()
    families = list(text_string_to_metric_families(page))
    assert [one.name for one in families] == ["pawl_consumer_lag", "pawl_handled"]
    lag, handled = families
    assert {s.labels["service"]: s.value for s in lag.samples} == {"a": 1.0, "b": 2.0}
    assert [(s.name, s.value) for s in handled.samples] == [("pawl_handled_total", 7.0)] * 2
