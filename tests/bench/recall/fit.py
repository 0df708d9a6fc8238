"""Fits the ranking's weights to functions of public packages.

    fit.py HIDDEN.tsv WHOLE.tsv DIRECTORY

HIDDEN.tsv and WHOLE.tsv are what the benchmark `recall` writes where AIIA_BENCH_FEATURES names them, with the bodies hidden and
(AIIA_BENCH_WHOLE=1) left in place. Writes `weights.rs` and `forest.txt` to DIRECTORY. Needs pandas and scikit-learn.

Fit on other packages than those that are measured.
"""

import sys
import warnings

import numpy
import pandas
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

# What is only known once every definition has been looked at alone.
TOGETHER = ["InLikelySignature", "OfLikelyType", "HeatOfType", "HeatOfFile", "Alone"]
TREES, LEAVES = 150, 16


def load(path):
    with open(path) as file:
        columns = file.readline().rstrip("\n").split("\t")
    data = pandas.read_csv(path, sep="\t", dtype={"repository": "category", "function": "category"})
    return data.replace([numpy.inf, -numpy.inf], -8.0).fillna(0.0), columns[5:]


def linear(data, features):
    """(name, weight) of a logistic regression in which every function counts the same."""
    values = data[features].values.astype(numpy.float64)
    mean, deviation = values.mean(0), values.std(0) + 1e-3
    weight = 1.0 / data.functions_need.values
    model = LogisticRegression(C=10.0, max_iter=400)
    model.fit((values - mean) / deviation, data.needed.values, sample_weight=weight / weight.mean())
    slopes = model.coef_[0] / deviation
    return [("Bias", model.intercept_[0] - (slopes * mean).sum())] + list(zip(features, slopes))


def constant(name, about, pairs):
    lines = "".join(f"    weights[Feature::{feature} as usize] = {weight:.3};\n" for feature, weight in pairs)
    return (
        f"/// {about}\npub(crate) const {name}: [f32; COUNT] = {{\n    let mut weights = [0.0; COUNT];\n{lines}    weights\n}};\n"
    )


def forest(data, features, names):
    """A line with the base and, a line each, the trees: `feature threshold left right` for a fork, `value` for a leaf."""
    weight = 1.0 / data.functions_need.values
    model = HistGradientBoostingClassifier(
        max_iter=TREES, learning_rate=0.08, max_leaf_nodes=LEAVES, l2_regularization=5.0, min_samples_leaf=60, random_state=1
    )
    model.fit(data[features].values, data.needed.values, sample_weight=weight / weight.mean())
    lines = [f"{float(model._baseline_prediction.ravel()[0]):.5f}"]
    for (tree,) in model._predictors:
        nodes = [
            f"{node['value']:.5f}"
            if node["is_leaf"]
            else f"{names.index(features[node['feature_idx']])} {node['num_threshold']:.5f} {node['left']} {node['right']}"
            for node in tree.nodes
        ]
        lines.append(",".join(nodes))
    return "\n".join(lines) + "\n"


def main():
    warnings.filterwarnings("ignore")
    hidden, names = load(sys.argv[1])
    whole, _ = load(sys.argv[2])
    alone = [name for name in names if name not in ["Bias", "InBody", *TOGETHER]]
    with open(f"{sys.argv[3]}/weights.rs", "w") as out:
        out.write(
            "//! The weights of the ranking, written by `tests/bench/recall/fit.py`. Not for editing.\n\n"
            "use super::features::{COUNT, Feature};\n\n"
        )
        out.write(constant("ALONE", "Of what is known of a definition alone, where the target does not mention it.", linear(hidden, alone)))
        out.write("\n")
        mentioned = whole[whole.InBody > 0.5]
        out.write(constant("MENTIONED", "Of a definition whose name the target's body mentions.", linear(mentioned, alone)))
    with open(f"{sys.argv[3]}/forest.txt", "w") as out:
        out.write(forest(hidden, [name for name in names if name not in ["Bias", "InBody"]], names))


main()
