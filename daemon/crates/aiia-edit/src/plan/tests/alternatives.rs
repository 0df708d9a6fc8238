//! Code that a reply shows and does not mean.

use rstest::rstest;

use super::*;

const PY: &str = "def helper(x):\n    return x + 1\n\n\ndef total(items):\n    total = 0\n    for item in items:\n        total += item.price\n    return total\n";
const TOTAL: &str = "```python\ndef total(items):\n    return sum(items)\n```\n";
const HELPER: &str = "```python\ndef helper(x):\n    return x\n```\n";

#[rstest]
#[case(
    "### Option A: fix the caller\n\nTOTAL\n### Option B: fix the helper\n\nHELPER\nPick one.",
    ComplaintKind::Ambiguous
)]
#[case("**方案一**\n\nTOTAL\n**方案二**\n\nHELPER", ComplaintKind::Ambiguous)]
#[case("You can do this:\n\nTOTAL\nor, alternatively, this:\n\nHELPER", ComplaintKind::Ambiguous)]
#[case("It is fine. A common *mistake* would be:\n\nTOTAL\nwhich fails. No change needed.", ComplaintKind::NoChange)]
#[case("For comparison, it could look like this (don't use it):\n\nTOTAL", ComplaintKind::NoChange)]
#[case("**So sollte man es nicht machen:**\n\nTOTAL\nEs ist keine Änderung nötig.", ComplaintKind::NoChange)]
#[case("代码没有问题,无需修改。错误示例:\n\nTOTAL", ComplaintKind::NoChange)]
fn what_is_not_meant_is_refused(#[case] reply: &str, #[case] kind: ComplaintKind) {
    let reply = reply.replace("TOTAL", TOTAL).replace("HELPER", HELPER);
    assert_eq!(complaint_kinds(("a.py", PY), &reply), [kind], "{reply}");
}

/// Both stand under the same heading, or are steps of one thing.
#[rstest]
#[case("### Option A (recommended)\n\nTOTAL\nand\n\nHELPER")]
#[case("### Step 1\n\nTOTAL\n### Step 2\n\nHELPER\nNo changes are needed elsewhere.")]
#[case("Or so it seems: the sum is wrong.\n\nTOTAL\nAnd:\n\nHELPER")]
fn what_is_meant_is_applied(#[case] reply: &str) {
    let reply = reply.replace("TOTAL", TOTAL).replace("HELPER", HELPER);
    assert_eq!(
        new_text(("a.py", PY), &reply),
        "def helper(x):\n    return x\n\n\ndef total(items):\n    return sum(items)\n"
    );
}

/// What is not to be used may stand beside what is.
#[test]
fn a_bad_example_beside_an_edit_is_left_out() {
    let reply = format!("{HELPER}\nA common mistake would be:\n\n{TOTAL}");
    let plan = plan_for(&[("a.py", PY)], &reply);
    assert_eq!(plan.complaints, []);
    assert_eq!((plan.files[0].new_text.as_str(), plan.left_out.len()), (PY.replace("x + 1", "x").as_str(), 1));
}

#[test]
fn blocks_joined_by_or_are_alternatives() {
    let reply = format!(
        "Either:\n\na.py\n```\n{}```\n\nor, alternatively, this way:\n\na.py\n```\n{}```\n",
        block("    return x + 1\n", "    return x + 2\n"),
        block("        total += item.price\n", "        total += 1\n")
    );
    assert_eq!(complaint_kinds(("a.py", PY), &reply), [ComplaintKind::Ambiguous]);
}
