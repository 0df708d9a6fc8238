//! What came of the cases, as a table.

use std::collections::BTreeMap;

/// What came of a case.
pub(crate) enum Outcome {
    Right,
    RightlyRefused(&'static str),
    Refused(&'static str),
    Wrong,
}

#[derive(Default)]
struct Score {
    cases: usize,
    right: usize,
    refused: usize,
    wrong: usize,
    refusals: BTreeMap<&'static str, usize>,
}

impl Score {
    fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::RightlyRefused(kind) => {
                self.right += 1;
                *self.refusals.entry(kind).or_default() += 1;
            }
            Outcome::Refused(kind) => {
                self.refused += 1;
                *self.refusals.entry(kind).or_default() += 1;
            }
            Outcome::Wrong => self.wrong += 1,
        }
    }

    fn shares(&self) -> String {
        let share = |count: usize| 100.0 * count as f64 / self.cases.max(1) as f64;
        format!("{:>6.1}% {:>6.1}% {:>6}", share(self.right), share(self.refused), self.wrong)
    }
}

type Kind = (&'static str, &'static str);

#[derive(Default)]
pub(crate) struct Table {
    order: Vec<Kind>,
    ours: BTreeMap<Kind, Score>,
    peers: BTreeMap<Kind, Score>,
    times: BTreeMap<&'static str, Vec<f64>>,
}

impl Table {
    pub(crate) fn add(&mut self, kind: Kind, outcome: Outcome) {
        if !self.ours.contains_key(&kind) {
            self.order.push(kind);
        }
        self.ours.entry(kind).or_default().add(&outcome);
    }

    pub(crate) fn add_peer(&mut self, kind: Kind, outcome: Outcome) {
        self.peers.entry(kind).or_default().add(&outcome);
    }

    pub(crate) fn time(&mut self, what: &'static str, milliseconds: f64) {
        self.times.entry(what).or_default().push(milliseconds);
    }

    /// Prints it; says whether the goals were met.
    pub(crate) fn report(mut self) -> bool {
        println!(
            "{:<24} {:<6} {:>6} {:>7} {:>7} {:>6} | aider: cases   right refused  wrong  refused for",
            "kind", "as", "cases", "right", "refused", "wrong"
        );
        for kind in &self.order {
            let score = &self.ours[kind];
            let peer =
                self.peers.get(kind).map(|peer| format!("{:>5} {}", peer.cases, peer.shares())).unwrap_or_default();
            println!(
                "{:<24} {:<6} {:>6} {} | {peer:>33}  {:?}",
                kind.0,
                kind.1,
                score.cases,
                score.shares(),
                score.refusals
            );
        }
        let mut met = true;
        for dialect in ["block", "diff"] {
            let sum = |scores: &BTreeMap<Kind, Score>| {
                scores.iter().filter(|(kind, _)| kind.1 == dialect).fold(Score::default(), |mut sum, (_, score)| {
                    sum.cases += score.cases;
                    sum.right += score.right;
                    sum.refused += score.refused;
                    sum.wrong += score.wrong;
                    sum
                })
            };
            let (ours, peers) = (sum(&self.ours), sum(&self.peers));
            println!(
                "{:<24} {dialect:<6} {:>6} {} | {:>10} {}",
                "all",
                ours.cases,
                ours.shares(),
                peers.cases,
                peers.shares()
            );
            met &= ours.wrong == 0 && ours.right * 100 >= ours.cases * 95;
        }
        println!();
        let mut at = BTreeMap::new();
        for (what, times) in &mut self.times {
            times.sort_by(f64::total_cmp);
            let share = |share: usize| times[(times.len() - 1) * share / 100];
            println!("{what:<16} {:>8.3} ms in the median, {:>8.3} ms at the 99th percentile", share(50), share(99));
            at.insert(*what, (share(50), share(99)));
        }
        let unguarded = at.get("without guards").copied().unwrap_or_default();
        if let Some(peer) = at.get("aider, blocks") {
            let ours = at.get("the same blocks").copied().unwrap_or_default();
            println!("median of the same blocks without guards / aider, blocks: {:.2}", ours.0 / peer.0);
            met &= ours.0 <= peer.0;
        }
        met && unguarded.1 <= 3.0
    }
}
