//! Code with rows in rows, for the tests.

/// Languages with code that has rows of most kinds.
pub(super) const NESTED: [(&str, &str); 6] = [
    (
        "rust",
        r#"//! Top.
use a::{b, c};
static S: &str = "}";
macro_rules! m { ($x:expr) => { $x }; }

#[derive(Debug)]
pub enum E { A, B(u8), C { d: u8 } }

impl<T: Clone> A<T> for B where T: Copy {
    const N: usize = 1;
    /// Runs.
    #[must_use]
    fn run(&mut self, n: usize) -> Option<u8> {
        let Some(x) = self.next() else { return None };
        'outer: for i in 0..n {
            if i > 2 && x < 3 {
                continue 'outer;
            } else if i == 1 {
                self.go(|y| {
                    let z = y + 1;
                    z * 2
                });
            } else {
                m!(x);
                let v = vec![1, 2];
            }
            match i {
                0 => {
                    let a = 1;
                    let b = 2;
                    call(a, b);
                }
                _ => unreachable!(),
            }
            fn inner() {}
            *self.x = 1;
        }
        unsafe { go() }
        { let a = 1; }
        -1;
        Some(x)
    }

    async fn wait(&self) {}
}

mod deep {
    use super::*;
    mod deeper {
        fn f<'a>(x: &'a str) -> &'a str { x }
        trait G { fn g(); }
    }
}
"#,
    ),
    (
        "go",
        r#"package a

import (
	"b"
)

const c = 1

var d, e = 1, 2

type F struct {
	g int
}

func (f *F) Run(n int) (int, error) {
	x := 1
	for i := 0; i < n; i++ {
		if i > 2 {
			continue
		} else if y := g(i); y != nil {
			return 0, y
		} else {
			x++
			x--
		}
		switch i {
		case 0:
			x = 2
			x = 3
		default:
			break
		}
		go func() {
			a := `}`
			b(a)
			defer c()
		}()
	}
	{
		var z F = F{g: 1}
		_ = z
	}
end:
	return x, nil
}

func two() {}
"#,
    ),
    (
        "java",
        r#"package a;

import b.C;

@D("}")
public class E<T> extends F implements G {
    private static final int H = 1;
    static { int i = 1; go(i); }

    E() { super(); this.j = 2; k(); }

    @Override
    public <U> int run(int n) throws L {
        int x = 1;
        for (int i = 0; i < n; i++) {
            if (i > 2) { continue; } else { x += 1; x -= 1; }
            Runnable r = () -> {
                int a = 1;
                b(a);
            };
            switch (i) { case 0: x = 2; break; default: x = 3; }
        }
        try (M m = new M()) { m.go(); } catch (N | O e) { throw e; } finally { p(); }
        return new Q() {
            int s() { return 1; }
            int t;
        }.s();
    }

    enum U { V, W }

    interface X { default void y() { z(); a(); } }
}
"#,
    ),
    (
        "javascript",
        r"'use strict'
const a = require('a'), b = 1
let { c, d } = a
var e

describe('}', () => {
  it('x', async () => {
    const f = await g()
    expect(f).toBe(1)
    label: for (const h of i) {
      if (h) continue label
      else { j(); k() }
      function inner() { return 1 }
    }
  })
  it('y', function () {
    return { l: 1, m() { return /}/ }, n: [1, 2] }
  })
})

export default class O extends P {
  static #q = 1
  r = () => { s(); t() }
  static { u() }
  get v() { return this.#q }
  async *w() { yield `}${x}` }
}

if (a) {
  function y() {}
  var z = 1
} else {
  b++
  --b
}
;[1, 2].forEach(c)
export { a, b as bb }
",
    ),
    (
        "typescript",
        r#"import { a } from "a";
declare const b: number;
type C<T> = T extends D ? E : { f: string };

namespace N {
  export const g = 1;
  export function h(): void {}
}

@dec({ x: 1 })
export abstract class I<T> implements J {
  @prop() private readonly k: string = "}";
  constructor(private l: number) { super(); this.m(); }
  abstract n(): void;
  o(x: number): void;
  o(x: string): void;
  @dec()
  o(x: any): void {
    const p = <T,>(q: T): T => { r(); return q; };
    for (let i = 0; i < 2; i++) {
      if (i as any) { s(); t(); }
      u!.v?.w();
    }
    switch (x) { case 1: y(); break; default: z(); }
  }
}

enum K { L = 1, M }
interface O { p: string; q(): void }
describe("s", () => {
  const t = 1;
  function u() {}
  it("v", () => { w(); x(); });
});
export default function () { return 1; }
call(1);
call(2);
let y = a < b, z = c > (d);
"#,
    ),
    (
        "tsx",
        r#"export const A: FC<P> = ({ b }) => {
  const [c, d] = useState<number>(0);
  useEffect(() => {
    e();
    f();
  }, [c]);
  return (
    <div className="}" onClick={() => { d(1); g(); }}>
      {b && <B {...b} />}
      text {"{"}
    </div>
  );
};

function h() {
  return <>x</>;
}
"#,
    ),
];
