"""The [central] section: what it takes, and what would send visits where they should not go."""

from __future__ import annotations

from typing import Any

import pytest

from appliance import config
from appliance.config import Config
from appliance.errors import ConfigError

GOOD = [
    'url = "https://central.example"',
    'url = "https://central.example:8443/pst/"',
    'url = "http://127.0.0.1:9090"',
    'url = "http://[::1]:9090"',
    'url = "http://localhost:9090"',
    'road = "mqtt"\nbroker = "mqtts://broker.example:8883"',
    'road = "mqtt"\nbroker = "mqtt://127.0.0.1:1883"',
    'url = "https://central.example"\nbroker = "mqtts://broker.example:8883"',
    'url = "https://c.example"\ncertificate = "/etc/a.pem"\nkey = "/etc/a.key"\nca = "/etc/ca.pem"',
]
BAD = {
    "": "central.url: is needed",
    'road = "mqtt"\nurl = "https://central.example"': "central.broker: is needed",
    'url = "http://central.example"': "would send visits unprotected",
    'url = "http://127.0.0.1.example"': "would send visits unprotected",
    'url = "http://10.0.0.1"': "would send visits unprotected",
    'url = "central.example"': 'must begin with "https://"',
    'url = "https://user:secret@central.example"': 'must begin with "https://"',
    'url = "https://central.example/?token=secret"': 'must begin with "https://"',
    'url = "https://central.example:99999"': "a port that is none",
    'url = "ftp://central.example"': 'must begin with "https://"',
    'road = "mqtt"\nbroker = "mqtt://broker.example:1883"': "would send visits unprotected",
    'road = "mqtt"\nbroker = "mqtts://broker.example/x"': "must end with the port",
    'road = "pigeon"\nurl = "https://c.example"': "central.road",
    'url = "https://c.example"\ncertificate = "/etc/a.pem"': "needed together",
    'url = "https://c.example"\nkey = "/etc/a.key"': "needed together",
    'url = "https://c.example"\ntimeout = "0s"': "central.timeout",
    'url = "https://c.example"\ntopic = "pst/#"': "central.topic",
    'url = "https://c.example"\ntoken = ""': "central.token",
    'url = "https://c.example"\nsecret = "x"': "central.secret: is not a known key",
}


def parse(section: str) -> Config:
    return config.parse(f'[site]\noffice = "1373"\n[central]\n{section}\n')


@pytest.mark.parametrize("section", GOOD)
def test_what_is_safe_is_taken(section: str) -> None:
    assert parse(section).central is not None


@pytest.mark.parametrize(("section", "said"), BAD.items())
def test_what_is_not_is_refused_in_words(section: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(section)
    assert said in str(refused.value)


def test_one_line_changes_the_road() -> None:
    both = 'url = "https://central.example"\nbroker = "mqtts://broker.example:8883"'
    roads: list[Any] = [parse(f'road = "{road}"\n{both}').central for road in ("https", "mqtt")]
    assert [settings.road for settings in roads] == ["https", "mqtt"]


def test_the_address_ends_without_a_slash() -> None:
    settings = parse('url = "https://central.example/pst/"').central
    assert settings is not None and settings.url == "https://central.example/pst"
