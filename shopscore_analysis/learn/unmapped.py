"""What buyers complain of that the lexicon has no cause for: how many stars that takes, and in which words.

Reviews of a window are read as for the tally. Phrases and new words come from the texts that lost stars, complain and
have no cause, near-duplicates once; they are ranked by the stars that their reviews lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shopscore_analysis.copies import copies
from shopscore_analysis.excerpts import excerpt
from shopscore_analysis.measure.rates import newcombe
from shopscore_analysis.schema import LOSS_UNIT, weeks_to
from shopscore_analysis.shards import COMPLAINS, NEGATIVE_STARS, Shard, tag_shard, week_labels
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.beliefs import beliefs
from shopscore_analysis.text.candidates import candidates
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.newwords import new_words
from shopscore_analysis.text.normalize import fold
from shopscore_analysis.text.tagger import tagger_digest

WEEKS = 13
LEAST = 3  # reviews that hold a phrase
SUGGESTS = 0.1  # mean confidence of the model from which a cause is suggested
WITHIN = 0.7  # of the reviews with a phrase: if so many hold a longer one, the longer one stands for it
BACKGROUND = 20_000  # favourable texts to compare with, at most
QUOTE = 60  # characters
PARTS = ("phrase", "model", "unmapped", "content", "silent")  # why a lost star has a cause, or none
PHRASES = ("phrase", "k", "n", "k_against", "n_against", "stars", "cause", "confidence", "first", "second")
WORDS = ("phrase", "k", "stars", "cohesion", "before", "after", "first", "second")


@dataclass(frozen=True)
class Unmapped:
    """The lexicon's gaps over some weeks: `weeks` are those that hold reviews, of the `asked` last ones.

    `coverage`: part, k, n (reviews that lost stars), loss (stars), share_of_loss; the parts add up to everything lost.
    `phrases`: `PHRASES`, `words`: `WORDS`, dearest first. `digest`: of the lexicon and the weights.
    """

    weeks: list[str]
    asked: int
    coverage: pd.DataFrame
    phrases: pd.DataFrame
    words: pd.DataFrame
    digest: str


def unmapped(shop: Shop, last: int = WEEKS, week: str = "", top: int = 30) -> Unmapped:
    """The gaps of the shop's lexicon over the `last` weeks up to `week` (default: the newest with reviews)."""
    known = set(shop.weeks)
    weeks = [one for one in weeks_to(shop.week(week), last) if one in known]
    shard = window(shop, weeks)
    read = voices(shard)
    phrases = dear_phrases(read, shard, top)
    words = dear_words(read, shard, top)
    words = words[~words["phrase"].isin(phrases["phrase"])].reset_index(drop=True)
    return Unmapped(weeks, last, coverage_of(read), phrases, words, tagger_digest(shard.category, shard.own)[:12])


def window(shop: Shop, weeks: list[str]) -> Shard:
    """The shop's reviews of some weeks as a shard without orders, copies of any earlier review marked."""
    whole = shop.shard()
    reviews = whole.reviews.assign(copy=copies(whole.reviews))
    inside = reviews[week_labels(reviews["reviewed_at"]).isin(weeks)].reset_index(drop=True)
    none = {name: getattr(whole, name).head(0) for name in ("orders", "aftersales", "service")}
    return replace(whole, reviews=inside, **none)


def voices(shard: Shard) -> pd.DataFrame:
    """The reviews of a shard as they were read: key, rating, words, lost, part, pool; copies left out of the pools.

    lost: stars in 1/60; part: one of `PARTS` (stated by a phrase, seen by the model only, complaining without a cause,
    content in words but not in stars, no words); pool: "own" for what complains without a cause and lost stars,
    "against" for what does not complain, "" for the rest. Few stars complain unless the words only praise.
    """
    read = tag_shard(shard)
    found = read.reviews[["key", "rating", "words", "has_text", "copy", "complaint", "praise_only"]]
    mapped = pd.Series(found.index.isin(read.review_causes["row"]), index=found.index)
    said = beliefs(found["words"].where(mapped, "").tolist(), shard.category, shard.own).stated
    stated = pd.Series(said.any(axis=1), index=found.index)
    sour = found["rating"].isin(NEGATIVE_STARS) & ~found["praise_only"]
    complains = sour | (found["complaint"] >= COMPLAINS)
    open_ = found["has_text"] & ~mapped & ~found["copy"]
    part = np.select([mapped & stated, mapped, found["has_text"] & complains, found["has_text"]], PARTS[:4], PARTS[4])
    losing = found["rating"].between(1, 4)
    pool = np.select([open_ & complains & losing, open_ & ~complains & (found["rating"] > 0)], ["own", "against"], "")
    lost = (LOSS_UNIT * (5 - found["rating"])).where(found["rating"] > 0, 0)
    return found[["key", "rating", "words", "copy"]].assign(lost=lost, part=part, pool=pool)


def coverage_of(read: pd.DataFrame) -> pd.DataFrame:
    """How many of the lost stars have a cause: part, k, n (reviews that lost stars), loss, share_of_loss."""
    losing = read[read["lost"] > 0]
    grouped = losing.groupby("part")["lost"].agg(["size", "sum"]).reindex(list(PARTS), fill_value=0)
    loss = grouped["sum"] / LOSS_UNIT
    total = float(loss.sum())
    table = pd.DataFrame({"k": grouped["size"], "n": len(losing), "loss": loss, "share_of_loss": loss / (total or 1.0)})
    return table.rename_axis("part").reset_index()


def dear_phrases(read: pd.DataFrame, shard: Shard, top: int) -> pd.DataFrame:
    """The phrases that mark what complains without a cause, the dearest first: `PHRASES`.

    k of n such texts hold the phrase, k_against of n_against favourable ones, which is surely less often (Newcombe's
    95 % interval of the two shares lies above 0). stars: what their reviews lost. What praises is left out (`_sour`).
    """
    own = read[read["pool"] == "own"].sort_values("key", ignore_index=True)
    against = read[read["pool"] == "against"].sort_values("key").head(BACKGROUND)
    said = _exploded(own)
    counted = said.groupby("phrase", as_index=False).agg(k=("row", "size"), lost=("lost", "sum"))
    liked = _exploded(against).groupby("phrase").agg(k_against=("row", "size"), lost_against=("lost", "sum"))
    counted = counted.join(liked, on="phrase").fillna({"k_against": 0, "lost_against": 0})
    counted = counted.astype({"k_against": "int64"}).assign(n=len(own), n_against=len(against))
    often = counted[(counted["k"] >= LEAST) & _marking(counted)]
    kept = often[_sour(often, read, shard)]
    ranked = kept.assign(size=kept["phrase"].str.len()).sort_values(
        ["lost", "size", "phrase"], ascending=[False, False, True]
    )
    chosen = ranked[ranked["phrase"].isin(_distinct(ranked, said, top))].reset_index(drop=True)
    causes, sure = _suggested(chosen["phrase"], said, own["words"].tolist(), shard)
    return _quoted(chosen.assign(cause=causes, confidence=sure), own)[list(PHRASES)]


def _marking(counted: pd.DataFrame) -> pd.Series:
    """Which phrases are surely more frequent among complaints than among praise; all, where nothing is praised."""
    k, n, k_against, n_against = (counted[name].to_numpy(dtype=float) for name in ("k", "n", "k_against", "n_against"))
    _, low, _ = newcombe(k, n, k_against, n_against)
    return pd.Series((low > 0) | (n_against == 0), index=counted.index)


def _sour(found: pd.DataFrame, read: pd.DataFrame, shard: Shard) -> pd.Series:
    """Which phrases do not praise: neither in their own words nor by their reviews.

    The reviews without a cause that hold the phrase lose at least as many stars as a review of the shop with words
    does; where nothing is praised or nothing is known of them, nothing is compared. `found`: phrase, k reviews of
    "own" that lost `lost`, k_against of "against" (of its first BACKGROUND) that lost `lost_against`.
    """
    worded = read[(read["words"].str.strip() != "") & ~read["copy"]]
    favourable = int((read["pool"] == "against").sum())
    times = max(favourable / BACKGROUND, 1.0)
    held = found["k"] + times * found["k_against"]
    cheap = (found["lost"] + times * found["lost_against"]) / held < worded["lost"].mean()
    praises = beliefs(found["phrase"].tolist(), shard.category, shard.own).praises
    return ~(cheap & (favourable > 0)) & ~praises


def _folded(words: pd.Series) -> pd.Series:
    """Texts as phrases and new words are spelled."""
    return pd.Series([fold(text) for text in words], index=words.index, dtype="str")


def _exploded(texts: pd.DataFrame) -> pd.DataFrame:
    """A row per text and candidate: row, lost, phrase."""
    phrases = [sorted(found) for found in candidates(texts["words"].tolist())]
    listed = pd.DataFrame({"row": range(len(texts)), "lost": texts["lost"].to_numpy(), "phrase": phrases})
    return listed.explode("phrase").dropna(subset=["phrase"]).astype({"phrase": "str"})


def _distinct(ranked: pd.DataFrame, said: pd.DataFrame, top: int) -> list[str]:
    """The first `top` phrases that stand for reviews of their own; of phrases within one another the telling one."""
    k = dict(zip(ranked["phrase"], ranked["k"], strict=True))
    spoken = said[said["phrase"].isin(k)]
    rows = {str(phrase): set(part) for phrase, part in spoken.groupby("phrase")["row"]}
    kept: list[str] = []
    for phrase in k:
        if len(kept) < top and not any(len(rows[phrase] & rows[one]) >= WITHIN * k[phrase] for one in kept):
            longer = (one for one in k if phrase in one and k[one] >= WITHIN * k[phrase])
            kept.append(max(longer, key=lambda one: (len(one), k[one])))
    return kept


def _suggested(phrases: pd.Series, said: pd.DataFrame, words: list[str], shard: Shard) -> tuple[pd.Series, pd.Series]:
    """The cause that the model leans to over the texts with each phrase, and how much; None where it does not."""
    confidence = beliefs(words, shard.category, shard.own).confidence
    rows = {str(phrase): part.to_numpy() for phrase, part in said.groupby("phrase")["row"]}
    means = [confidence[rows[phrase]].mean(axis=0) for phrase in phrases]
    causes = [CAUSE_NAMES[int(mean.argmax())] if mean.max() >= SUGGESTS else None for mean in means]
    sure = [float(mean.max()) for mean in means]
    return pd.Series(causes, dtype="str", index=phrases.index), pd.Series(sure, dtype="float64", index=phrases.index)


def _quoted(chosen: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """The rows with two quotes each: of the texts that hold the phrase, those with the smallest keys."""
    folded = [fold(text) for text in texts["words"]]
    quotes = [_quotes(phrase, folded, texts["words"].tolist()) for phrase in chosen["phrase"]]
    return chosen.assign(
        stars=chosen["lost"] / LOSS_UNIT, first=[one for one, _ in quotes], second=[two for _, two in quotes]
    )


def _quotes(phrase: str, folded: list[str], texts: list[str]) -> tuple[str, str]:
    cut = (
        _around(text, plain.index(phrase), phrase) for plain, text in zip(folded, texts, strict=True) if phrase in plain
    )
    first, second = [*dict.fromkeys(cut), "", ""][:2]
    return first, second


def _around(text: str, at: int, phrase: str) -> str:
    shown, _ = excerpt(text, (at, at + len(phrase)), QUOTE)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())


def dear_words(read: pd.DataFrame, shard: Shard, top: int) -> pd.DataFrame:
    """New words of the window in texts that complain without a cause, the dearest first: `WORDS`.

    A word whose share among favourable texts is at least as large as among these is left out, and one that praises.
    """
    spoken = read[(read["words"].str.strip() != "") & ~read["copy"]]
    own = read[read["pool"] == "own"].sort_values("key", ignore_index=True)
    against = read[read["pool"] == "against"].sort_values("key").head(BACKGROUND)
    said, liked = (_folded(texts["words"]) for texts in (own, against))
    new = new_words(spoken["words"].tolist(), 10 * top)
    known = beliefs([word.word for word in new], shard.category, shard.own).stated
    found = [word for word, causes in zip(new, known, strict=True) if not causes.any()]
    holds = [said.str.contains(word.word, regex=False) for word in found]
    table = pd.DataFrame(
        {
            "phrase": [word.word for word in found], "k": [int(row.sum()) for row in holds],
            "lost": [int(own.loc[row, "lost"].sum()) for row in holds], "cohesion": [word.cohesion for word in found],
            "before": [word.before for word in found], "after": [word.after for word in found],
        }
    ).astype({"phrase": "str"})  # fmt: skip
    table = table[table["k"] > 0]
    praised = [liked.str.contains(word, regex=False) for word in table["phrase"]]
    held = table.assign(
        k_against=[int(row.sum()) for row in praised],
        lost_against=[int(against.loc[row, "lost"].sum()) for row in praised],
    )
    marking = held["k"] * max(len(liked), 1) > held["k_against"] * len(own)
    ranked = held[marking & _sour(held, read, shard)].sort_values(["lost", "phrase"], ascending=[False, True])
    return _quoted(ranked.head(top).reset_index(drop=True), own)[list(WORDS)]
