"""`frontdesk catalogue` and its benchmark, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from appliance.__main__ import main
from tests.catalogue.odd_api import KEY, Reply, odd_api, row


def test_copy_and_search_on_the_terminal(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    with odd_api() as api:
        api.rows = {"1373": [row(number) for number in range(120)]}
        file = tmp_path / "frontdesk.toml"
        file.write_text(
            f'[site]\noffice = "1373"\ndata = "{tmp_path}/data"\n'
            f'[catalogue]\nurl = "{api.url}"\nkey = "{key}"\npause = "0s"\n'
        )

        def call(*words: str) -> tuple[int, str]:
            done = CliRunner().invoke(main, ["catalogue", words[0], "--config", str(file), *words[1:]])
            assert KEY not in done.output
            return done.exit_code, done.output

        code, said = call("search", "angka")
        assert code == 1
        assert "no copy of the catalogue yet" in said
        code, said = call("sync")
        assert (code, "120 publications" in said) == (0, True)
        code, said = call("search", "dalam", "angka", "2025")
        assert code == 0
        assert "Kota Sawahlunto Dalam Angka 2025" in said
        assert "https://sawahluntokota.bps.go.id/id/publication/" in said
        assert call("search", "xyzzy")[0] == 1
        api.before = lambda path: Reply(body=b"<html>")
        code, said = call("sync")
        assert code == 1
        assert "catalogue_odd_answer" in said
        assert call("search", "angka")[0] == 0, "the old copy stays"


def test_the_benchmark_measures() -> None:
    done = CliRunner().invoke(main, ["bench", "catalogue", "--titles", "500", "--rounds", "1"])
    figures = json.loads(done.output)
    assert figures["publications"] == 500
    assert figures["searches"] > 100
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["longest_ms"]
