//! How much a template can make at most, told from its text before it is compiled: the engine counts steps, not bytes, and
//! computes constants as it compiles. What is not known to be bounded is refused.

use std::collections::HashMap;

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Filter, Stmt};
use minijinja::machinery::{Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

/// Bytes of the longest value on the way.
const MOST: u64 = 8 << 20;
/// Bytes that all steps together may go through.
const WORK: u64 = 8 << 30;
/// Steps of a template whose values are short.
const STEPS: u64 = 50_000;
/// Words and signs of one tag, and branches of all conditions: what is compiled goes as deep as there are of them.
const MOST_TOKENS: usize = 300;
const MOST_BRANCHES: usize = 100;
/// Bytes of a number in full.
const NUMBER: u64 = 350;
/// What a loop tells of itself in numbers.
const OF_LOOPS: [&str; 9] = ["index", "index0", "revindex", "revindex0", "length", "depth", "depth0", "first", "last"];
/// The most numbers that `range` gives.
const LONGEST_RANGE: u64 = 100_000;

/// What is known of a value before it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes at most, with all that is in it.
    size: u64,
    /// Whether it is a number or a truth value for sure.
    number: bool,
    /// Whether its items are.
    items: bool,
}

impl Shape {
    pub(super) const NUMBER: Self = Self { size: NUMBER, number: true, items: false };

    pub(super) fn text(length: usize) -> Self {
        Self { size: length as u64, number: false, items: false }
    }

    fn either(self, other: Self) -> Self {
        Self { size: self.size.max(other.size), number: self.number && other.number, items: self.items && other.items }
    }

    fn of_size(self, size: u64) -> Self {
        Self { size, number: false, items: self.items }
    }
}

/// The steps that a template with such values may take. Values that are not named are taken for short ones.
///
/// # Errors
/// What is wrong with the template, or why it may grow too large.
pub(super) fn steps(text: &str, syntax: &SyntaxConfig, values: HashMap<&str, Shape>) -> Result<u64, String> {
    tags(text, syntax)?;
    let parsed = parse(text, "template", syntax.clone()).map_err(|error| super::render::shown(&error))?;
    let mut bounds = Bounds { names: values, iterated: 0, largest: 1 };
    bounds.statement(&parsed)?;
    Ok((WORK / bounds.largest).min(STEPS))
}

/// Refuses tags that are so long that what is made of them is too deep.
fn tags(text: &str, syntax: &SyntaxConfig) -> Result<(), String> {
    let (mut tokens, mut branches) = (0, 0);
    for token in tokenize(text, false, syntax.clone()) {
        match token.map_err(|error| super::render::shown(&error))?.0 {
            Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("elif") => branches += 1,
            _ => tokens += 1,
        }
        if tokens > MOST_TOKENS {
            return Err(format!("A tag has more than {MOST_TOKENS} words and signs."));
        }
        if branches > MOST_BRANCHES {
            return Err(format!("There are more than {MOST_BRANCHES} `elif`."));
        }
    }
    Ok(())
}

/// Goes through a template in the order of its text. A name has one shape for all its values: no value lives from one round of
/// a loop to the next, so nothing grows but by what stands in the text.
struct Bounds<'a> {
    names: HashMap<&'a str, Shape>,
    /// The largest thing that a loop goes through.
    iterated: u64,
    largest: u64,
}

impl<'a> Bounds<'a> {
    /// Bytes that the statements write.
    fn statements(&mut self, all: &[Stmt<'a>]) -> Result<u64, String> {
        all.iter().try_fold(0_u64, |sum, one| Ok(sum.saturating_add(self.statement(one)?)))
    }

    fn statement(&mut self, statement: &Stmt<'a>) -> Result<u64, String> {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => Ok(raw.raw.len() as u64),
            Stmt::EmitExpr(emitted) => Ok(self.of(&emitted.expr)?.size),
            Stmt::IfCond(condition) => {
                self.of(&condition.expr)?;
                let yes = self.statements(&condition.true_body)?;
                Ok(yes.max(self.statements(&condition.false_body)?))
            }
            Stmt::ForLoop(each) => {
                if each.recursive {
                    return Err("A loop that calls itself is not for templates.".to_owned());
                }
                let all = if let Some(counted) = self.range(&each.iter)? { counted } else { self.of(&each.iter)? };
                self.iterated = self.iterated.max(all.size);
                let item = if all.items { Shape::NUMBER } else { all.of_size(all.size) };
                self.assign(&each.target, item)?;
                if let Some(filter) = &each.filter_expr {
                    self.of(filter)?;
                }
                let body = self.statements(&each.body)?;
                let rest = self.statements(&each.else_body)?;
                // How often is not known.
                Ok(if body == 0 { rest } else { u64::MAX })
            }
            Stmt::WithBlock(with) => {
                for (target, value) in &with.assignments {
                    let value = self.of(value)?;
                    self.assign(target, value)?;
                }
                self.statements(&with.body)
            }
            Stmt::Set(set) => {
                let value = self.of(&set.expr)?;
                self.assign(&set.target, value)?;
                Ok(0)
            }
            Stmt::SetBlock(set) if set.filter.is_none() => {
                let size = self.statements(&set.body)?;
                let value = self.checked(Shape { size, number: false, items: false })?;
                self.assign(&set.target, value)?;
                Ok(0)
            }
            _ => Err("Of the statements, `if`, `for`, `set` and `with` are for templates.".to_owned()),
        }
    }

    fn assign(&mut self, target: &Expr<'a>, value: Shape) -> Result<(), String> {
        match target {
            Expr::Var(name) if name.id != "loop" => {
                let known = self.names.entry(name.id).or_insert(value);
                *known = known.either(value);
                Ok(())
            }
            Expr::List(several) => several.items.iter().try_for_each(|one| self.assign(one, value)),
            Expr::Tuple(several) => several.items.iter().try_for_each(|one| self.assign(one, value)),
            _ => Err("Only to plain names something can be assigned.".to_owned()),
        }
    }

    fn checked(&mut self, shape: Shape) -> Result<Shape, String> {
        if shape.size > MOST {
            return Err(format!("A value could be longer than {} MiB on the way.", MOST >> 20));
        }
        self.largest = self.largest.max(shape.size);
        Ok(shape)
    }

    fn of(&mut self, expression: &Expr<'a>) -> Result<Shape, String> {
        let shape = self.unchecked(expression)?;
        self.checked(shape)
    }

    /// The shape with the sizes of all of them.
    fn together(&mut self, all: &[Expr<'a>]) -> Result<Shape, String> {
        let mut sum = Shape { size: 0, number: false, items: true };
        for one in all {
            let shape = self.of(one)?;
            sum.size += shape.size + 4;
            sum.items &= shape.number;
        }
        Ok(sum)
    }

    fn arguments(&mut self, all: &[CallArg<'a>]) -> Result<u64, String> {
        let mut size = 0;
        for one in all {
            size += match one {
                CallArg::Pos(value) => self.of(value)?.size,
                CallArg::Kwarg(name, value) => name.len() as u64 + self.of(value)?.size,
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    return Err("Arguments are given one by one.".to_owned());
                }
            };
        }
        Ok(size)
    }

    fn unchecked(&mut self, expression: &Expr<'a>) -> Result<Shape, String> {
        Ok(match expression {
            Expr::Const(constant) => match constant.value.kind() {
                ValueKind::String => Shape::text(constant.value.as_str().map_or(0, str::len)),
                _ => Shape::NUMBER,
            },
            Expr::Var(name) if name.id == "loop" => Shape { size: self.iterated + NUMBER, number: false, items: false },
            Expr::Var(name) => self.names.get(name.id).copied().unwrap_or(Shape::NUMBER),
            Expr::Slice(slice) => {
                for part in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.of(part)?;
                }
                let whole = self.of(&slice.expr)?;
                whole.of_size(whole.size)
            }
            Expr::UnaryOp(operation) => {
                self.of(&operation.expr)?;
                Shape::NUMBER
            }
            Expr::BinOp(operation) => {
                let (left, right) = (self.of(&operation.left)?, self.of(&operation.right)?);
                match operation.op {
                    BinOpKind::Concat => Shape { size: left.size + right.size, number: false, items: false },
                    BinOpKind::Add if left.number && right.number => Shape::NUMBER,
                    BinOpKind::Add => {
                        Shape { size: left.size + right.size, number: false, items: left.items && right.items }
                    }
                    BinOpKind::Mul if !(left.number && right.number) => {
                        return Err("`*` is for numbers alone.".to_owned());
                    }
                    BinOpKind::ScAnd | BinOpKind::ScOr => left.either(right),
                    _ => Shape::NUMBER,
                }
            }
            Expr::Compare(comparison) => {
                self.of(&comparison.expr)?;
                for operation in &comparison.ops {
                    self.of(&operation.expr)?;
                }
                Shape::NUMBER
            }
            Expr::IfExpr(choice) => {
                self.of(&choice.test_expr)?;
                let yes = self.of(&choice.true_expr)?;
                match &choice.false_expr {
                    Some(no) => yes.either(self.of(no)?),
                    None => yes,
                }
            }
            Expr::Filter(filter) => self.filter(filter)?,
            Expr::Test(test) => {
                self.of(&test.expr)?;
                self.arguments(&test.args)?;
                Shape::NUMBER
            }
            Expr::GetAttr(attribute) => match &attribute.expr {
                Expr::Var(name) if name.id == "loop" && OF_LOOPS.contains(&attribute.name) => Shape::NUMBER,
                whole => Shape { size: self.of(whole)?.size, number: false, items: false },
            },
            Expr::GetItem(item) => {
                self.of(&item.subscript_expr)?;
                let whole = self.of(&item.expr)?;
                if whole.items { Shape::NUMBER } else { Shape { size: whole.size, number: false, items: false } }
            }
            Expr::List(list) => self.together(&list.items)?,
            Expr::Tuple(tuple) => self.together(&tuple.items)?,
            Expr::Map(map) => {
                let (keys, values) = (self.together(&map.keys)?, self.together(&map.values)?);
                Shape { size: keys.size + values.size, number: false, items: false }
            }
            Expr::Call(call) => {
                let size = self.arguments(&call.args)?;
                match &call.expr {
                    Expr::Var(name) if name.id == "range" => match self.range(expression)? {
                        Some(counted) => counted,
                        None => Shape::NUMBER,
                    },
                    Expr::Var(name) if name.id == "dict" => Shape { size, number: false, items: false },
                    Expr::GetAttr(of) => match (&of.expr, of.name) {
                        (Expr::Var(name), "cycle") if name.id == "loop" => Shape { size, number: false, items: false },
                        (Expr::Var(name), "changed") if name.id == "loop" => Shape::NUMBER,
                        _ => return Err(format!("“{}” is no function for templates.", of.name)),
                    },
                    Expr::Var(name) => return Err(format!("“{}” is no function for templates.", name.id)),
                    _ => return Err("Only functions can be called.".to_owned()),
                }
            }
        })
    }

    /// The shape of what `range` gives, where the expression is that.
    fn range(&mut self, expression: &Expr<'a>) -> Result<Option<Shape>, String> {
        let Expr::Call(call) = expression else { return Ok(None) };
        if !matches!(&call.expr, Expr::Var(name) if name.id == "range") {
            return Ok(None);
        }
        self.arguments(&call.args)?;
        let count = call.args.iter().try_fold(0_u64, |sum, argument| match argument {
            CallArg::Pos(Expr::Const(bound)) => Some(sum.saturating_add(u64::try_from(bound.value.clone()).ok()?)),
            _ => None,
        });
        let count = count.map_or(LONGEST_RANGE, |count| count.min(LONGEST_RANGE));
        Ok(Some(Shape { size: count * 22, number: false, items: true }))
    }

    fn filter(&mut self, filter: &Filter<'a>) -> Result<Shape, String> {
        let Some(input) = &filter.expr else { return Err("A filter stands behind a value.".to_owned()) };
        let input = self.of(input)?;
        let given = self.arguments(&filter.args)?;
        let size = input.size + given;
        Ok(match filter.name {
            "length" | "count" | "abs" | "round" | "int" | "float" | "bool" => Shape::NUMBER,
            "first" | "last" | "min" | "max" | "sum" if input.items => Shape::NUMBER,
            "reverse" | "sort" | "unique" | "list" | "select" | "reject" => input.of_size(size),
            "first" | "last" | "min" | "max" | "sum" | "default" | "d" | "trim" | "string" | "safe" | "lines"
            | "split" | "items" | "dictsort" | "selectattr" | "rejectattr" | "attr" | "groupby" => {
                // What is missing may be a number or not.
                let number =
                    input.number && matches!(filter.name, "default" | "d") && self.are_numbers(&filter.args)?;
                Shape { size, number, items: false }
            }
            "upper" | "lower" | "title" | "capitalize" => Shape { size: size * 3, number: false, items: false },
            "escape" | "e" => Shape { size: size * 6, number: false, items: false },
            "tojson" if filter.args.is_empty() => Shape { size: size * 6, number: false, items: false },
            "join" | "replace" => Shape { size: (input.size + 1) * (given + 1), number: false, items: false },
            "indent" => {
                let width = match filter.args.first() {
                    None => 4,
                    Some(CallArg::Pos(Expr::Const(width)) | CallArg::Kwarg("width", Expr::Const(width))) => {
                        u64::try_from(width.value.clone()).unwrap_or(MOST)
                    }
                    Some(_) => return Err("The width of “indent” is a number that stands first.".to_owned()),
                };
                let width = width.min(MOST);
                Shape { size: (input.size + 1).saturating_mul(width + 1), number: false, items: false }
            }
            other => return Err(format!("“{other}” is no filter for templates.")),
        })
    }

    fn are_numbers(&mut self, arguments: &[CallArg<'a>]) -> Result<bool, String> {
        for argument in arguments {
            let (CallArg::Pos(value) | CallArg::Kwarg(_, value)) = argument else { return Ok(false) };
            if !self.of(value)?.number {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told(text: &str) -> Result<u64, String> {
        let values = HashMap::from([("text", Shape::text(1000)), ("count", Shape::NUMBER)]);
        steps(text, &SyntaxConfig::default(), values)
    }

    #[rstest]
    #[case("{{ text }} {{ count * 2 + 1 }} {% if count > 2 and text %}a{% elif count %}b{% else %}c{% endif %}")]
    #[case("{% for a in range(count) %}{{ loop.index * a }}{{ a ~ ', ' }}{% endfor %}")]
    #[case("{% for key, value in {'a': 1}|items %}{{ key }}{% endfor %}{{ [1, 2]|sum }}{{ range(5)|join(', ') }}")]
    #[case("{% set a = text|trim|upper %}{{ a|indent(2) }}{{ a|replace('x', 'yy') }}{{ a[:5] }}{{ a|default('b') }}")]
    #[case("{% set a %}{{ text }} and {{ text }}{% endset %}{% with b = a ~ a %}{{ b }}{% endwith %}")]
    #[case("{% for a in ['a', 'b'] %}{{ loop.cycle('x', 'y') }}{% if not loop.last %}, {% endif %}{% endfor %}")]
    fn what_is_bounded_is_let_through(#[case] text: &str) {
        assert_eq!(told(text), Ok(STEPS));
    }

    #[rstest]
    #[case("{% for a in range(9999) %}{{ 'x' * 100000000 }}{% endfor %}", "numbers alone")]
    #[case("{{ text * count }}", "numbers alone")]
    #[case("{% set n = [text] %}{{ n[0] * 9 }}", "numbers alone")]
    #[case("{{ loop|list * 9 }}", "numbers alone")]
    #[case("{% for x in [text, 1] %}{{ x * 9 }}{% endfor %}", "numbers alone")]
    #[case("{{ text|replace('', text|replace('', text)) }}", "MiB")]
    #[case("{{ text|indent(1000000) }}", "MiB")]
    #[case("{{ text|indent(count) }}", "width")]
    #[case("{{ '%1000000000d'|format(1) }}", "no filter")]
    #[case("{{ [text]|map('upper') }}", "no filter")]
    #[case("{% set n = namespace(a=text) %}", "no function")]
    #[case("{{ text.upper() }}", "no function")]
    #[case("{% set n.a = text %}", "plain names")]
    #[case("{% set loop = text %}", "loop")]
    #[case("{% macro f() %}{{ f() }}{% endmacro %}", "Of the statements")]
    #[case("{% filter upper %}x{% endfilter %}", "Of the statements")]
    #[case("{% for x in [text] recursive %}{{ loop([x, x]) }}{% endfor %}", "calls itself")]
    #[case("{% set a %}{% for x in range(9) %}{{ text }}{% endfor %}{% endset %}", "MiB")]
    fn what_could_grow_is_refused(#[case] text: &str, #[case] why: &str) {
        let found = told(text);
        assert!(found.as_ref().is_err_and(|found| found.contains(why)), "{found:?}");
    }

    #[rstest]
    #[case("{% set text = text ~ text %}")]
    #[case("{% set text = [text, text] %}")]
    #[case("{% set text = {'a': text, 'b': text} %}")]
    #[case("{% set text %}{{ text }}{{ text }}{% endset %}")]
    #[case("{% for text in [text + text] %}{% endfor %}")]
    fn what_doubles_is_refused_when_it_is_done_often(#[case] once: &str) {
        assert!(told(once).is_ok());
        assert!(told(&once.repeat(40)).is_err_and(|why| why.contains("MiB")));
    }

    #[test]
    fn what_is_long_takes_few_steps() {
        assert!(told("{{ text|indent(4000) }}").is_ok_and(|steps| steps < 5000));
    }

    #[test]
    fn what_would_be_deep_is_refused() {
        assert!(
            told(&format!("{{{{ 1{} }}}}", " + 1".repeat(50_000))).is_err_and(|why| why.contains("words and signs"))
        );
        let branches = "{% elif count %}".repeat(10_000);
        assert!(told(&format!("{{% if count %}}{branches}{{% endif %}}")).is_err_and(|why| why.contains("elif")));
    }
}
