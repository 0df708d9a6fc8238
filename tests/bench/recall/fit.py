"""Fits the ranking's weights to functions of public packages.

    fit.py weights HIDDEN.tsv WHOLE.tsv DIRECTORY
    fit.py forest HIDDEN.tsv DIRECTORY

HIDDEN.tsv and WHOLE.tsv are what the benchmark `recall` writes where AIIA_BENCH_FEATURES names them, with the bodies hidden and
(AIIA_BENCH_WHOLE=1) left in place. The first command writes `weights.rs`. Some of what the forest asks about follows from these
weights, so that HIDDEN.tsv has to be written once more before the second, which writes `forest.txt` and `again.txt`: the first
forest, and what is added to its answer where it is known what it says of the others. Needs pandas, scikit-learn and lightgbm.

Fit on other packages than those that are measured.
"""

import sys
import warnings

import lightgbm
import numpy
import pandas
from sklearn.linear_model import LogisticRegression

# What is only known once every definition has been looked at alone.
TOGETHER = [
    "InLikelySignature", "OfLikelyType", "OfToldType", "HeatOfType", "HeatOfFile", "Alone",
    "Bytes", "SignatureVisible", "SignatureShared", "Gives", "InKindred",
]
# What is only known once the first forest has judged, by the names of the features (see `again.rs`).
AGAIN = [
    "Before", "LikelyOfAll", "PlaceOfName", "LikelyOfName", "BestOfName", "PlaceOfType", "LikelyOfType", "BestOfType",
    "PlaceOfFile", "LikelyOfFile", "Told", "TypeTaken", "TypeGiven", "TypeLikely",
]
# How many are judged again, and how many tell others by their signatures: as in `again.rs`.
JUDGED_AGAIN, TELLING = 160, 48
# What the first forest says of a package comes from one that did not see it, of so many.
PARTS = 3
# Of a function's candidates so many of the likeliest are taken, and of the others those that are needed and one of so many.
LIKELIEST, ONE_OF = 600, 10
BEFORE_FEATURES = 11
# The forest is grown from those that are needed and one of so many others.
THINNED = 3
TREES, LEAVES, RATE = 240, 24, 0.06
TREES_AGAIN, RATE_AGAIN = 80, 0.08


def load(path):
    """The rows that are fitted to, with their `rank` for their function and for how many they stand (`rows`); the features' names."""
    with open(path) as file:
        columns = file.readline().rstrip("\n").split("\t")
        features = columns[BEFORE_FEATURES:]
        types = dict.fromkeys(features, numpy.float32) | {"taken": str, "given": str}
        kept, before, count = [], None, 0
        for chunk in pandas.read_csv(file, sep="\t", names=columns, dtype=types, chunksize=300_000):
            chunk["function"] = chunk.repository + "|" + chunk.function
            rank = chunk.groupby("function", sort=False).cumcount().to_numpy().copy()
            if chunk.function.iloc[0] == before:
                rank[(chunk.function == before).to_numpy()] += count
            before = chunk.function.iloc[-1]
            count = rank[-1] + 1
            chunk["rank"] = rank
            is_whole = (rank < LIKELIEST) | (chunk.needed == 1)
            chunk["rows"] = numpy.where(is_whole, 1.0, ONE_OF).astype(numpy.float32)
            kept.append(chunk[is_whole | (rank % ONE_OF == 0)].drop(columns="definition"))
    return pandas.concat(kept, ignore_index=True).replace([numpy.inf, -numpy.inf], -8.0).fillna(0.0), features


def weights(data):
    """Weights of rows with which every function counts the same."""
    weight = data.rows.to_numpy() / data.functions_need.to_numpy()
    return weight / weight.mean()


def linear(data, features):
    """(name, weight) of a logistic regression."""
    values = data[features].to_numpy(numpy.float64)
    mean, deviation = values.mean(0), values.std(0) + 1e-3
    model = LogisticRegression(C=10.0, max_iter=400)
    model.fit((values - mean) / deviation, data.needed.to_numpy(), sample_weight=weights(data))
    slopes = model.coef_[0] / deviation
    return [("Bias", model.intercept_[0] - (slopes * mean).sum())] + list(zip(features, slopes))


def constant(name, about, pairs):
    lines = "".join(f"    weights[Feature::{feature} as usize] = {weight:.3};\n" for feature, weight in pairs)
    return (
        f"/// {about}\npub(crate) const {name}: [f32; COUNT] = {{\n    let mut weights = [0.0; COUNT];\n{lines}    weights\n}};\n"
    )


def grow(data, features, trees=TREES, rate=RATE, before=None):
    """The model of the forest; with `before`, the log odds so far, of what is to be added to them."""
    options = {
        "objective": "binary",
        "learning_rate": rate,
        "num_leaves": LEAVES,
        "min_data_in_leaf": 60,
        "lambda_l2": 5.0,
        "feature_fraction": 0.3,
        "max_bin": 63,
        "boost_from_average": before is None,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": 1,
        "verbose": -1,
    }
    rows = lightgbm.Dataset(data[features].to_numpy(), data.needed.to_numpy(), weight=weights(data), init_score=before)
    return lightgbm.train(options, rows, trees)


def thin(data):
    """All that are needed, and some of the others."""
    needed = data.needed == 1
    thinned = data[needed | (numpy.arange(len(data)) % THINNED == 0)].copy()
    thinned.loc[thinned.needed == 0, "rows"] *= THINNED
    return thinned


def log_odds_unseen(data, features):
    """What forests say that did not see the package, as log odds."""
    packages = {package: number % PARTS for number, package in enumerate(sorted(data.repository.unique()))}
    part = data.repository.map(packages).to_numpy()
    found = numpy.zeros(len(data), numpy.float32)
    for number in range(PARTS):
        model = grow(thin(data[part != number]), features)
        own = part == number
        found[own] = model.predict(data.loc[own, features].to_numpy(), raw_score=True)
    return found


def set_again(data, log_odds):
    """Sets the features that `again.rs` does, from the first forest's log odds. The rows of a function stand together."""
    found = {name: numpy.zeros(len(data), numpy.float32) for name in AGAIN}
    found["Before"][:] = log_odds
    likelihood = 1.0 / (1.0 + numpy.exp(-log_odds))
    columns = {"Name": data.name.to_numpy(), "Type": data.type.to_numpy(), "File": data.file.to_numpy()}
    taken, given = data.taken.to_numpy(), data.given.to_numpy()
    again = numpy.zeros(len(data), bool)
    functions = pandas.factorize(data.function)[0]
    ends = numpy.append(numpy.flatnonzero(numpy.diff(functions)) + 1, len(data))
    start = 0
    for end in ends:
        here = slice(start, end)
        likely = likelihood[here]
        order = numpy.argsort(-likely, kind="stable")
        again[start + order[:JUDGED_AGAIN]] = True
        found["LikelyOfAll"][here] = likely.sum()
        best_of_name = {}
        for what, column in columns.items():
            keys, group = numpy.unique(column[here], return_inverse=True)
            sums = numpy.bincount(group, likely)
            place, counts = numpy.zeros(len(likely), int), numpy.zeros(len(keys), int)
            best = numpy.zeros((2, len(keys)))
            for row in order:
                of = group[row]
                place[row] = counts[of]
                if counts[of] < 2:
                    best[counts[of], of] = likely[row]
                counts[of] += 1
            is_one = column[here] != 0 if what == "Type" else numpy.ones(len(likely), bool)
            found[f"PlaceOf{what}"][here] = place * is_one
            found[f"LikelyOf{what}"][here] = (sums[group] - likely) * is_one
            if what != "File":
                found[f"BestOf{what}"][here] = numpy.where(place == 0, best[1][group], best[0][group]) * is_one
            if what == "Name":
                best_of_name = dict(zip(keys, best[0]))
        told = ({}, {})
        names, types = columns["Name"][here], columns["Type"][here]
        for row in order[:TELLING]:
            for known, part, own in ((told[0], taken[start + row], names[row]), (told[1], given[start + row], None)):
                for name in map(int, str(part).split()) if isinstance(part, str) else ():
                    if name != own:
                        known[name] = max(known.get(name, 0.0), likely[row])
        found["Told"][here] = [max(told[0].get(name, 0.0), told[1].get(name, 0.0)) for name in names]
        for feature, known in (("TypeTaken", told[0]), ("TypeGiven", told[1]), ("TypeLikely", best_of_name)):
            found[feature][here] = [known.get(name, 0.0) if name else 0.0 for name in types]
        start = end
    for name, values in found.items():
        data[name] = values
    return data[again]


def forest(model, features, names):
    """A line with the base and, a line each, the trees: `feature threshold left right` for a fork, `value` for a leaf.
    The base is part of the first tree."""
    lines = ["0"]
    for tree in model.dump_model()["tree_info"]:
        nodes = []

        def lay_out(node):
            place = len(nodes)
            nodes.append("")
            if "leaf_value" in node:
                nodes[place] = f"{node['leaf_value']:.5f}"
            else:
                left, right = lay_out(node["left_child"]), lay_out(node["right_child"])
                name = names.index(features[node["split_feature"]])
                nodes[place] = f"{name} {node['threshold']:.5f} {left} {right}"
            return place

        lay_out(tree["tree_structure"])
        lines.append(",".join(nodes))
    return "\n".join(lines) + "\n"


def write_weights(hidden, whole, names, directory):
    alone = [name for name in names if name not in ["Bias", "InBody", *TOGETHER, *AGAIN]]
    mentioned = whole[whole.InBody > 0.5]
    with open(f"{directory}/weights.rs", "w") as out:
        out.write(
            "//! The weights of the ranking, written by `tests/bench/recall/fit.py`. Not for editing.\n\n"
            "use super::features::{COUNT, Feature};\n\n"
        )
        out.write(constant("ALONE", "Of what is known of a definition alone, where the target does not mention it.", linear(hidden, alone)))
        out.write("\n")
        out.write(constant("MENTIONED", "Of a definition whose name the target's body mentions.", linear(mentioned, alone)))


def write_forest(hidden, names, directory):
    # What the linear weights leave out is never asked about, and has no such feature.
    judged = hidden[hidden.Bytes > 0.0].reset_index(drop=True)
    features = [name for name in names if name not in ["Bias", "InBody", *AGAIN]]
    with open(f"{directory}/forest.txt", "w") as out:
        out.write(forest(grow(thin(judged), features), features, names))
    again = set_again(judged, log_odds_unseen(judged, features))
    more = grow(again, AGAIN, TREES_AGAIN, RATE_AGAIN, again.Before.to_numpy())
    with open(f"{directory}/again.txt", "w") as out:
        out.write(forest(more, AGAIN, names))


def main():
    warnings.filterwarnings("ignore")
    what, path, *others = sys.argv[1:]
    hidden, names = load(path)
    if what == "weights":
        write_weights(hidden, load(others[0])[0], names, others[1])
    else:
        write_forest(hidden, names, others[0])


if __name__ == "__main__":
    main()
