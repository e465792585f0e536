"""docs/surveys.md: every block runs and prints what is shown."""

import blocks


def test_every_block_prints_what_the_page_shows():
    ran, _ = blocks.run(blocks.DOCS / "surveys.md")
    assert len(ran) == 5
    for line, shown, printed in ran:
        assert blocks.lines(printed) == blocks.lines(shown), f"the block in line {line}"
