//! The engine on small sources of our own.

use crate::patch::edit::EditSet;
use crate::patch::plan::{Plan, Status, plan};
use semver::Version;
use std::{fs, path::Path};

const HEADER: &str = "\
#pragma once
#include <a.h>

enum Kind {
   KIND_ONE, // first
   KIND_TWO
};

class Pool : public Base
{
   public:
      int count() const { return n; }

   private:
      int n; // how many
      Kind* pick(int a,
         int b);
};
";

const SOURCE: &str = "\
#include \"pool.h\"
#include <vector>

MACRO_WITHOUT_SEMICOLON(x)

Kind* Pool::pick(int a, int b)
{
   // the first try
   try
   {
      switch(a)
      {
         case KIND_TWO: return 0;
         default: break;
      }
   }
   catch(...) {}

   try { other(); } catch(...) {}

   define(\"first\", 1);
   define(\"second\", 2);

   if(b == 1)
      one();
   else if ( b == 2 )
      two();
   else
      none();

   return a + b;
}

void Pool::twice() { if(n) go(); if(n) go(); }
";

const CONF: &str = "\
one        = 1
two        = 2

# [one]
# The first.
# Default: 1

# [two], [three]
# More.
";

/// A tree with the three files and a plan for these edits in it.
struct Bench {
    folder: tempfile::TempDir,
    set: EditSet,
}

impl Bench {
    fn new(edits: &str) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pool.h"), HEADER).unwrap();
        fs::write(folder.path().join("pool.cpp"), SOURCE).unwrap();
        fs::write(folder.path().join("pool.conf"), CONF).unwrap();
        let mut set = EditSet::empty();
        set.add(&format!("versions = \">=7.4.0, <9.0.0\"\n{edits}"))
            .unwrap();
        Bench { folder, set }
    }

    fn plan(&self) -> Plan {
        let version = Version::new(7, 4, 6);
        plan(self.folder.path(), Some(&version), &self.set)
    }

    /// The new text of the only changed file; every edit must fit.
    fn text(&self) -> String {
        let plan = self.plan();
        let problems: Vec<_> = plan.problems().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(plan.files.len(), 1);
        String::from_utf8(plan.files.into_values().next().unwrap()).unwrap()
    }

    fn problems(&self) -> Vec<String> {
        self.plan().problems().map(ToString::to_string).collect()
    }
}

fn edit(id: &str, file: &str, op: &str, anchor: &str, text: &str) -> String {
    format!(
        "[[edit]]\nid = '{id}'\nfiles = ['{file}']\nwhy = 'test'\nop = '{op}'\n\
         anchor = {{ {anchor} }}\ntext = '''{text}'''\n"
    )
}

fn source(op: &str, anchor: &str, text: &str) -> String {
    Bench::new(&edit("e", "pool.cpp", op, anchor, text)).text()
}

fn header(op: &str, anchor: &str, text: &str) -> String {
    Bench::new(&edit("e", "pool.h", op, anchor, text)).text()
}

#[test]
fn an_include_goes_after_the_first_run() {
    let text = source("include.add", "", "#include <new.h>");
    assert!(
        text.contains("#include <vector>\n#include <new.h>\n\nMACRO"),
        "{text}"
    );
}

#[test]
fn an_enumerator_goes_to_the_end() {
    let text = header("enum.append", "enum = 'Kind'", "KIND_NEW = 100 // ours");
    assert!(
        text.contains("   KIND_TWO,\n   KIND_NEW = 100 // ours\n};"),
        "{text}"
    );
}

#[test]
fn a_member_goes_behind_the_comment_of_its_anchor() {
    let text = header(
        "class.member",
        "class = 'Pool', after = 'n'",
        "int m;\nint l;",
    );
    assert!(
        text.contains("int n; // how many\n      int m;\n      int l;\n"),
        "{text}"
    );
    let text = header("class.member", "class = 'Pool', after = 'pick'", "int m;");
    assert!(
        text.contains("         int b);\n      int m;\n};"),
        "{text}"
    );
    let text = header("class.member", "class = 'Pool', after = 'count'", "int m;");
    assert!(text.contains("{ return n; }\n      int m;\n"), "{text}");
}

#[test]
fn a_statement_is_told_by_what_it_contains_and_keeps_its_comment() {
    let anchor = "function = 'Pool::pick', side = 'before', statement = 'try', \
                  containing = 'switch (a)'";
    let text = source("function.statement", anchor, "if(step() )\n   return 0;\n");
    assert!(
        text.contains("{\n   if(step() )\n      return 0;\n   // the first try\n   try\n"),
        "{text}"
    );
}

#[test]
fn a_case_goes_before_its_neighbour() {
    let anchor = "function = 'Pool::pick', switch = 'a', before = 'KIND_TWO'";
    let text = source("switch.case", anchor, "case KIND_NEW: return 1;");
    let expected = "         case KIND_NEW: return 1;\n         case KIND_TWO: return 0;";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_branch_joins_the_chain_at_its_head_or_inside() {
    let anchor = "function = 'Pool::pick', condition = 'b == 1'";
    let text = source("branch.before", anchor, "if(b == 7)\n   seven();");
    assert!(
        text.contains("   if(b == 7)\n      seven();\n   else if(b == 1)\n"),
        "{text}"
    );
    let anchor = "function = 'Pool::pick', condition = 'b==2'";
    let text = source("branch.before", anchor, "if(b == 7)\n   seven();");
    assert!(
        text.contains("   else if(b == 7)\n      seven();\n   else if ( b == 2 )\n"),
        "{text}"
    );
}

#[test]
fn a_call_is_told_by_an_argument() {
    let anchor = "function = 'Pool::pick', call = 'define', argument = '\"first\"'";
    let text = source("call.after", anchor, "define(\"new\", 3);");
    assert!(
        text.contains("define(\"first\", 1);\n   define(\"new\", 3);\n   define(\"sec"),
        "{text}"
    );
}

#[test]
fn expressions_are_replaced_and_extended() {
    let anchor = "function = 'Pool::pick', expr = 'a+b'";
    assert!(source("expr.replace", anchor, "sum(a, b)").contains("return sum(a, b);"));
    let anchor = "function = 'Pool::pick', operand = 'b', operator = '+'";
    assert!(source("operand.append", anchor, "c").contains("return a + b + c;"));
}

#[test]
fn the_edges_of_a_function() {
    let text = source(
        "function.edge",
        "function = 'Pool::twice', at = 'start'",
        "hello();",
    );
    assert!(
        text.contains("Pool::twice() { hello();\nif(n) go();"),
        "{text}"
    );
    let text = source(
        "function.edge",
        "function = 'Pool::pick', at = 'end'",
        "bye();",
    );
    assert!(text.contains("return a + b;\n   bye();\n}"), "{text}");
}

#[test]
fn a_function_in_a_class_is_told_by_the_full_name() {
    let text = header(
        "function.edge",
        "function = 'Pool::count', at = 'start'",
        "go();",
    );
    let (_, body) = text.split_once("int count() const").unwrap();
    assert!(
        body.split_once("return n;").unwrap().0.contains("go();"),
        "{text}"
    );

    let other = problem(
        "pool.h",
        "function.edge",
        "function = 'Base::count', at = 'start'",
    );
    assert!(other.contains("Base::count"), "{other}");
}

#[test]
fn configuration_templates() {
    let conf = |op, anchor, text| Bench::new(&edit("e", "pool.conf", op, anchor, text)).text();
    let text = conf("conf.setting", "key = 'one'", "fresh = 5\nempty =\n");
    assert!(
        text.starts_with("one        = 1\nfresh      = 5\nempty      =\ntwo "),
        "{text}"
    );
    let text = conf("conf.documentation", "key = 'one'", "# [fresh]\n# New.\n");
    assert!(
        text.contains("# Default: 1\n\n# [fresh]\n# New.\n\n# [two]"),
        "{text}"
    );
    let text = conf("conf.documentation", "key = 'three'", "# [fresh]\n");
    assert!(text.ends_with("# More.\n\n# [fresh]\n"), "{text}");
}

#[test]
fn line_ends_of_the_file_are_kept() {
    let bench = Bench::new(&edit(
        "e",
        "pool.h",
        "class.member",
        "class = 'Pool', after = 'n'",
        "int m;\n\nint l;",
    ));
    let dos = HEADER.replace('\n', "\r\n");
    fs::write(bench.folder.path().join("pool.h"), &dos).unwrap();
    let text = bench.text();
    assert!(
        text.contains("int n; // how many\r\n      int m;\r\n\r\n      int l;\r\n"),
        "{text:?}"
    );
    assert!(!text.replace("\r\n", "").contains('\n'), "{text:?}");
}

#[test]
fn bytes_that_are_no_text_survive() {
    let bench = Bench::new(&edit(
        "e",
        "pool.h",
        "enum.append",
        "enum = 'Kind'",
        "KIND_NEW = 100",
    ));
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend_from_slice(b"// \xff\xfe \0 tail\n");
    fs::write(bench.folder.path().join("pool.h"), &bytes).unwrap();
    let plan = bench.plan();
    let text = plan.files.get(Path::new("pool.h")).unwrap();
    assert!(text.ends_with(b"// \xff\xfe \0 tail\n"));
}

#[test]
fn every_missing_anchor_is_reported_and_no_file_is_planned() {
    let bench = Bench::new(
        &[
            edit("good", "pool.h", "enum.append", "enum = 'Kind'", "KIND_NEW"),
            edit(
                "no-class",
                "pool.h",
                "class.member",
                "class = 'Lake', after = 'n'",
                "int m;",
            ),
            edit(
                "no-member",
                "pool.h",
                "class.member",
                "class = 'Pool', after = 'q'",
                "int m;",
            ),
            edit(
                "no-file",
                "gone.h",
                "enum.append",
                "enum = 'Kind'",
                "KIND_NEW",
            ),
            edit(
                "no-key",
                "pool.conf",
                "conf.setting",
                "key = 'four'",
                "five = 5",
            ),
        ]
        .concat(),
    );
    let problems = bench.problems();
    assert_eq!(
        problems,
        [
            "no-file: gone.h: the tree has no such file",
            "no-key: pool.conf: anchor is missing (0 found): setting `four`",
            "no-class: pool.h: anchor is missing (0 found): class Lake",
            "no-member: pool.h: anchor is missing (0 found): member q of class Pool",
        ]
    );
    assert!(bench.plan().files.is_empty());
}

#[test]
fn an_ambiguous_anchor_names_its_lines() {
    let anchor = "function = 'Pool::pick', side = 'after', statement = 'try'";
    let problems = Bench::new(&edit(
        "twice",
        "pool.cpp",
        "function.statement",
        anchor,
        "x();",
    ))
    .problems();
    assert_eq!(
        problems,
        [
            "twice: pool.cpp: anchor is ambiguous (2 found): statement `try` in Pool::pick stands in lines \
          9, 19"
        ]
    );
}

#[test]
fn text_that_is_there_already_is_told_apart_from_a_missing_anchor() {
    let first = Bench::new(&edit(
        "e",
        "pool.h",
        "class.member",
        "class = 'Pool', after = 'n'",
        "int  m; // with a comment",
    ));
    let text = first.text();
    fs::write(first.folder.path().join("pool.h"), text).unwrap();
    assert_eq!(first.plan().outcomes[0].status, Status::Present);

    let conf = Bench::new(&edit(
        "e",
        "pool.conf",
        "conf.setting",
        "key = 'one'",
        "fresh = 5\n",
    ));
    let text = conf.text().replace("= 5", "= 7");
    fs::write(conf.folder.path().join("pool.conf"), text).unwrap();
    assert_eq!(conf.plan().outcomes[0].status, Status::Present);
}

#[test]
fn text_that_would_break_the_syntax_is_refused() {
    let anchor = "function = 'Pool::pick', at = 'end'";
    let problems = Bench::new(&edit(
        "broken",
        "pool.cpp",
        "function.edge",
        anchor,
        "if(x { y();",
    ))
    .problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("broken syntax"), "{problems:?}");
}

#[test]
fn other_releases_and_absent_components_are_skipped() {
    let mut late = edit("late", "pool.h", "enum.append", "enum = 'Nope'", "X");
    late = late.replace("why =", "versions = '>=8.0.0'\nwhy =");
    let mut gone = edit("gone", "gone/x.cpp", "include.add", "", "#include <x>");
    gone = gone.replace("why =", "component = 'gone'\nwhy =");
    let plan = Bench::new(&(late + &gone)).plan();
    let statuses: Vec<_> = plan
        .outcomes
        .into_iter()
        .map(|outcome| outcome.status)
        .collect();
    assert_eq!(
        statuses,
        [Status::OtherVersion, Status::NoComponent("gone".into())]
    );
}

#[test]
fn insertions_at_one_place_keep_the_order_of_the_edits() {
    let bench = Bench::new(
        &[
            edit(
                "a",
                "pool.h",
                "class.member",
                "class = 'Pool', after = 'n'",
                "int first;",
            ),
            edit(
                "b",
                "pool.h",
                "class.member",
                "class = 'Pool', after = 'n'",
                "int second;",
            ),
        ]
        .concat(),
    );
    assert!(bench.text().contains("int first;\n      int second;\n"));
}

#[test]
fn an_edit_with_an_unknown_field_is_refused() {
    let mut set = EditSet::empty();
    let text = edit(
        "e",
        "pool.h",
        "enum.append",
        "enum = 'Kind', wrong = 1",
        "X",
    );
    assert!(set.add(&format!("versions = '*'\n{text}")).is_err());
    let text = edit("e", "pool.h", "enum.prepend", "enum = 'Kind'", "X");
    assert!(set.add(&format!("versions = '*'\n{text}")).is_err());
}

/// The problem of the only edit, which does not fit.
fn problem(file: &str, op: &str, anchor: &str) -> String {
    let problems = Bench::new(&edit("e", file, op, anchor, "x();")).problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn a_missing_anchor_says_what_resembles_it() {
    let anchor = "function = 'Pool::pick', condition = 'b == 3'";
    let message = problem("pool.cpp", "branch.before", anchor);
    assert!(message.contains("(0 found)"), "{message}");
    assert!(message.contains("; nearest: line "), "{message}");
    assert!(message.contains("b == "), "{message}");

    let anchor = "class = 'Pool', after = 'count2'";
    let message = problem("pool.h", "class.member", anchor);
    assert!(message.contains("nearest: line 12: `count`"), "{message}");

    let message = problem("pool.conf", "conf.setting", "key = 'twos'");
    assert!(message.contains("nearest: line 2: `two`"), "{message}");

    let anchor = "function = 'Pool::frobnicate', at = 'start'";
    let message = problem("pool.cpp", "function.edge", anchor);
    assert!(message.contains("missing (0 found)"), "{message}");
    assert!(!message.contains("defined in"), "{message}");
}

#[test]
fn a_missing_file_or_function_is_looked_for_elsewhere_in_the_tree() {
    let message = problem("pool2.cpp", "include.add", "");
    let expected = "the tree has no such file; nearest: pool.cpp";
    assert!(message.contains(expected), "{message}");

    let anchor = "function = 'Pool::pick', at = 'start'";
    let message = problem("pool.h", "function.edge", anchor);
    assert!(message.contains("defined in pool.cpp:7"), "{message}");
}
