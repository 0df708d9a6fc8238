//! Code for files whose language is not known.

use rstest::rstest;

use super::*;

const INI: &str = "[dev]\nhost = localhost\nport = 5432\n\n[prod]\nhost = db.example.com\nport = 5432\nuser = app\npool = 10\ntimeout = 30\n";
const SQL: &str = "CREATE TABLE users (\n  id SERIAL PRIMARY KEY,\n  name TEXT NOT NULL\n);\n\nCREATE TABLE orders (\n  id SERIAL PRIMARY KEY,\n  user_id INT REFERENCES users(id),\n  total NUMERIC(10,2),\n  created_at TIMESTAMP\n);\n";
const MAKE: &str = "CC = gcc\nCFLAGS = -Wall\n\nall: main\n\nmain: main.o util.o\n\t$(CC) $(CFLAGS) -o main main.o util.o\n\nclean:\n\trm -f *.o main\n";
const VUE: &str = "<template>\n  <div>\n    <button @click=\"inc\">{{ count }}</button>\n  </div>\n</template>\n\n<script setup>\nconst count = ref(0);\n\nfunction inc() {\n  count.value++;\n}\n</script>\n\n<style scoped>\nbutton { color: red; }\n</style>\n";

#[rstest]
#[case::last_section(
    ("app.ini", INI),
    "[prod]\nhost = db.example.com\nport = 5432\nuser = app\npool = 50\ntimeout = 30\n",
    Some(("pool = 10", "pool = 50"))
)]
#[case::last_table(
    ("schema.sql", SQL),
    "CREATE TABLE orders (\n  id SERIAL PRIMARY KEY,\n  user_id INT NOT NULL REFERENCES users(id),\n  total NUMERIC(10,2),\n  created_at TIMESTAMP\n);\n",
    Some(("INT REFERENCES", "INT NOT NULL REFERENCES"))
)]
#[case::first_table(
    ("schema.sql", SQL),
    "CREATE TABLE users (\n  id SERIAL PRIMARY KEY,\n  name TEXT NOT NULL UNIQUE\n);\n",
    Some(("NOT NULL\n", "NOT NULL UNIQUE\n"))
)]
#[case::rules(
    ("Makefile", MAKE),
    "main: main.o util.o\n\t$(CC) $(CFLAGS) -o $@ $^\n\nclean:\n\trm -f *.o main\n",
    Some(("-o main main.o util.o\n", "-o $@ $^\n"))
)]
#[case::blanks_for_tabs(
    ("Makefile", MAKE),
    "CC = gcc\nCFLAGS = -Wall -O2\n\nall: main\n\nmain: main.o util.o\n    $(CC) $(CFLAGS) -o main main.o util.o\n\nclean:\n    rm -f *.o main\n",
    Some(("-Wall", "-Wall -O2"))
)]
#[case::block(
    ("Counter.vue", VUE),
    "<script setup>\nconst count = ref(0);\n\nfunction inc() {\n  count.value += 2;\n}\n</script>\n",
    Some(("value++", "value += 2"))
)]
#[case::first_rows(("p.csv", "id,name\n1,apple\n2,pear\n3,plum\n4,fig\n"), "id,name\n1,apple\n2,pears\n", None)]
#[case::first_lines(("app.ini", INI), "[dev]\nhost = localhost\nport = 5433\n", Some(("5432", "5433")))]
#[case::nothing_of_it(("app.ini", INI), "[dev]\n[prod]\n", None)]
fn a_part_takes_the_place_of_that_part(
    #[case] file: (&str, &str),
    #[case] code: &str,
    #[case] change: Option<(&str, &str)>,
) {
    let plan = plan_for(&[file], &fenced(code));
    let expected = change.map(|(old, new)| file.1.replacen(old, new, 1));
    assert_eq!(plan.files.first().map(|file| file.new_text.clone()), expected, "{:?}", plan.complaints);
}

/// A whole file may lose a few lines within it.
#[test]
fn a_whole_file_comes_back() {
    let new = INI.replace("user = app\n", "").replace("30", "60");
    assert_eq!(new_text(("app.ini", INI), &fenced(&new)), new);
    let without_section = INI.replace("[dev]\nhost = localhost\nport = 5432\n\n", "");
    assert_eq!(complaint_kinds(("app.ini", INI), &fenced(&without_section)), [ComplaintKind::ChangesNothing]);
}

/// Members that the part of a type does not show are not deleted, whatever the language.
#[test]
fn a_type_keeps_the_members_that_are_not_shown() {
    let file = "class Store {\n    private var n = 0\n    val max = 3\n\n    fun get(k: String): String? {\n        return m[k]\n    }\n}\n";
    let reply = "```kotlin\nclass Store {\n    fun get(k: String): String? {\n        log(k)\n        return m[k]\n    }\n}\n```\n";
    assert_eq!(new_text(("a.kt", file), reply), file.replace("        return", "        log(k)\n        return"));
    // Of two members the place of neither is sure, with others between them.
    let file = file.replace(
        "}\n}\n",
        "}\n\n    fun size(): Int {\n        return n\n    }\n\n    fun last(): Int {\n        return max\n    }\n}\n",
    );
    let reply = "```kotlin\nclass Store {\n    fun get(k: String): String? {\n        log(k)\n        return m[k]\n    }\n\n    fun last(): Int {\n        return max\n    }\n}\n```\n";
    let plan = plan_for(&[("a.kt", &file)], reply);
    assert_eq!((plan.files.len(), plan.complaints.len()), (0, 1));
}

/// Placeholders and named lines tell places in any text.
#[rstest]
#[case("```makefile\n# ... existing code ...\nmain: main.o util.o\n\t$(CC) -o $@ $^\n\nclean:\n# ... existing code ...\n```\n", Some(("$(CC) $(CFLAGS) -o main main.o util.o", "$(CC) -o $@ $^")))]
#[case("Line 7:\n\n```makefile\n\t$(CC) $(CFLAGS) -o main_two main.o util.o\n```\n", Some(("-o main ", "-o main_two ")))]
#[case("Line 10:\n\n```makefile\n\t$(CC) $(CFLAGS) -o main_two main.o util.o\n```\n", None)]
#[case("```makefile\n# ... existing code ...\n\techo\n# ... existing code ...\n```\n", None)]
fn a_part_of_a_text_between_placeholders(#[case] reply: &str, #[case] change: Option<(&str, &str)>) {
    let plan = plan_for(&[("Makefile", MAKE)], reply);
    let expected = change.map(|(old, new)| MAKE.replacen(old, new, 1));
    assert_eq!(plan.files.first().map(|file| file.new_text.clone()), expected, "{:?}", plan.complaints);
}
