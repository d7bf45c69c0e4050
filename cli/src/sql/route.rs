//! Which endpoint a statement goes to, or whether the session answers it itself.

use weir_parser::ast::{List, Statement};

/// Where a statement goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/query-stream`, rows as they come, without an end.
    Push,
    /// `/query-stream`, an answer that ends.
    Pull,
    /// PRINT: `/query`, text lines.
    Print,
    /// `/ksql`.
    Statement,
    /// Answered here.
    Session(SessionStatement),
}

/// Statements about the session's own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatement {
    Set { name: String, value: String },
    Unset { name: String },
    Define { name: String, value: String },
    Undefine { name: String },
    ShowVariables,
    RunScript { path: String },
}

impl Route {
    pub fn of(statement: &Statement) -> Self {
        match statement {
            Statement::Query(query) if query.emit.is_some() => Route::Push,
            Statement::Query(_) => Route::Pull,
            Statement::Print(_) => Route::Print,
            Statement::SetProperty { name, value } => {
                Route::Session(SessionStatement::Set { name: name.clone(), value: value.clone() })
            }
            Statement::UnsetProperty { name } => Route::Session(SessionStatement::Unset { name: name.clone() }),
            Statement::Define { name, value } => {
                Route::Session(SessionStatement::Define { name: name.clone(), value: value.clone() })
            }
            Statement::Undefine { name } => Route::Session(SessionStatement::Undefine { name: name.clone() }),
            Statement::List(List::Variables) => Route::Session(SessionStatement::ShowVariables),
            Statement::RunScript { path } => Route::Session(SessionStatement::RunScript { path: path.clone() }),
            _ => Route::Statement,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &Route) {
        assert_eq!(&Route::of(&weir_parser::parse_statement(sql).unwrap().statement), expected, "{sql}");
    }

    #[test]
    fn each_statement_has_its_endpoint() {
        check("SELECT * FROM S EMIT CHANGES;", &Route::Push);
        check("SELECT * FROM S EMIT CHANGES LIMIT 3;", &Route::Push);
        check("SELECT * FROM T WHERE ID = 1;", &Route::Pull);
        check("PRINT 't' FROM BEGINNING;", &Route::Print);
        check("CREATE TABLE T AS SELECT A, COUNT(*) FROM S GROUP BY A EMIT CHANGES;", &Route::Statement);
        check("INSERT INTO S (A) VALUES (1);", &Route::Statement);
        check("SHOW STREAMS;", &Route::Statement);
        check("EXPLAIN SELECT * FROM S EMIT CHANGES;", &Route::Statement);
        let session = |statement| Route::Session(statement);
        check("SHOW VARIABLES;", &session(SessionStatement::ShowVariables));
        check(
            "SET 'auto.offset.reset' = 'earliest';",
            &session(SessionStatement::Set { name: "auto.offset.reset".into(), value: "earliest".into() }),
        );
        check("UNSET 'a.b';", &session(SessionStatement::Unset { name: "a.b".into() }));
        check("DEFINE x = 'y';", &session(SessionStatement::Define { name: "x".into(), value: "y".into() }));
        check("UNDEFINE x;", &session(SessionStatement::Undefine { name: "x".into() }));
        check("RUN SCRIPT 'a.sql';", &session(SessionStatement::RunScript { path: "a.sql".into() }));
    }
}
