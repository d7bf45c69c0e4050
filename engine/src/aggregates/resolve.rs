//! From the types of a call's arguments to the accumulators that serve it: one function per aggregate function.

use std::sync::Arc;

use arrow_array::types::*;

use super::attribute::Attribute;
use super::average::Average;
use super::collect::{CollectList, CollectSet};
use super::count::Count;
use super::count_distinct::CountDistinct;
use super::extremum::{Extremum, TextExtremum};
use super::fold::{Fold, Folded};
use super::histogram::Histogram;
use super::numbers::{Arithmetic, Numbers};
use super::offset::{One, Several, Stamping};
use super::statistics::{Correlation, Spread};
use super::sum::{DecimalSum, ListSum, Sum, item_type};
use super::table::find;
use super::top::Top;
use super::{Accumulators, ResolvedAggregate};
use crate::types::{ColumnName, SqlType, StructField, Value};

type Types<'a> = &'a [Option<SqlType>];
type Resolved = Result<ResolvedAggregate, String>;
type Create = Arc<dyn Fn() -> Box<dyn Accumulators> + Send + Sync>;

/// Checks the arguments, literals included. Untyped NULLs become STRING; no arguments, ROWTIME.
fn checked(name: &str, types: Types, literals: &[Value]) -> Result<Vec<SqlType>, String> {
    let function = find(name).ok_or_else(|| format!("Can't find any functions with the name '{name}'"))?;
    let literal_types = literals.iter().map(|literal| match literal {
        Value::Integer(_) => Some(SqlType::Integer),
        Value::BigInt(_) => Some(SqlType::BigInt),
        Value::Boolean(_) => Some(SqlType::Boolean),
        Value::Double(_) => Some(SqlType::Double),
        Value::String(_) => Some(SqlType::String),
        Value::Decimal { scale, .. } => Some(SqlType::decimal(38, *scale)),
        _ => None,
    });
    let all: Vec<Option<SqlType>> = types.iter().cloned().chain(literal_types).collect();
    function.check(&all)?;
    if types.is_empty() {
        return Ok(vec![SqlType::BigInt]);
    }
    Ok(types.iter().map(|t| t.clone().unwrap_or(SqlType::String)).collect())
}

fn numbers<A: Arithmetic + Default + 'static>(return_type: &SqlType) -> Create {
    let return_type = return_type.clone();
    Arc::new(move || Box::new(Numbers::new(A::default(), &return_type)))
}

fn folded<F: Fold + 'static>(return_type: &SqlType, fold: impl Fn() -> F + Send + Sync + 'static) -> Create {
    let return_type = return_type.clone();
    Arc::new(move || Box::new(Folded::new(fold(), return_type.clone())))
}

fn structure(fields: &[(&str, SqlType)]) -> SqlType {
    let field = |(name, data_type): &(&str, SqlType)| StructField {
        name: ColumnName::new(*name),
        data_type: data_type.clone(),
    };
    SqlType::Struct(fields.iter().map(field).collect())
}

/// What a signature promised was not there: a bug of this table, told as an error.
fn unexpected(name: &str, data_type: &SqlType) -> String {
    format!("Function '{name}' has no implementation for {data_type}")
}

pub(super) fn count(types: Types, literals: &[Value]) -> Resolved {
    Ok(ResolvedAggregate {
        name: "COUNT",
        argument_types: checked("COUNT", types, literals)?.into_iter().take(types.len()).collect(),
        intermediate_type: SqlType::BigInt,
        return_type: SqlType::BigInt,
        supports_undo: true,
        create: Arc::new(|| Box::new(Count::default())),
    })
}

pub(super) fn sum(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("SUM", types, literals)?;
    let data_type = argument_types[0].clone();
    let create: Create = match data_type {
        SqlType::Integer => numbers::<Sum<Int32Type>>(&data_type),
        SqlType::BigInt => numbers::<Sum<Int64Type>>(&data_type),
        SqlType::Double => numbers::<Sum<Float64Type>>(&data_type),
        SqlType::Decimal { precision, scale } => {
            let data_type = data_type.clone();
            if precision <= 38 {
                Arc::new(move || {
                    Box::new(Numbers::new(DecimalSum::<Decimal128Type>::new(precision, scale), &data_type))
                })
            } else {
                let precision = precision.min(76);
                Arc::new(move || {
                    Box::new(Numbers::new(DecimalSum::<Decimal256Type>::new(precision, scale), &data_type))
                })
            }
        }
        ref other => return Err(unexpected("SUM", other)),
    };
    Ok(ResolvedAggregate {
        name: "SUM",
        argument_types,
        intermediate_type: data_type.clone(),
        return_type: data_type,
        supports_undo: true,
        create,
    })
}

pub(super) fn sum_list(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("SUM_LIST", types, literals)?;
    let return_type = item_type(&argument_types[0]);
    let create = match return_type {
        SqlType::Integer => folded(&return_type, || ListSum::<i32>::new(Value::Integer)),
        SqlType::BigInt => folded(&return_type, || ListSum::<i64>::new(Value::BigInt)),
        SqlType::Double => folded(&return_type, || ListSum::<f64>::new(Value::Double)),
        ref other => return Err(unexpected("SUM_LIST", other)),
    };
    Ok(ResolvedAggregate {
        name: "SUM_LIST",
        argument_types,
        intermediate_type: return_type.clone(),
        return_type,
        supports_undo: true,
        create,
    })
}

pub(super) fn avg(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("AVG", types, literals)?;
    let create = match argument_types[0] {
        SqlType::Integer => numbers::<Average<Int32Type>>(&SqlType::Double),
        SqlType::BigInt => numbers::<Average<Int64Type>>(&SqlType::Double),
        SqlType::Double => numbers::<Average<Float64Type>>(&SqlType::Double),
        ref other => return Err(unexpected("AVG", other)),
    };
    Ok(ResolvedAggregate {
        name: "AVG",
        intermediate_type: structure(&[("SUM", argument_types[0].clone()), ("COUNT", SqlType::BigInt)]),
        argument_types,
        return_type: SqlType::Double,
        supports_undo: true,
        create,
    })
}

pub(super) fn spread<const ROOT: bool>(types: Types, literals: &[Value]) -> Resolved {
    let name = if ROOT { "STDDEV_SAMPLE" } else { "STDDEV_SAMP" };
    let argument_types = checked(name, types, literals)?;
    let create = match argument_types[0] {
        SqlType::Integer => numbers::<Spread<Int32Type, ROOT>>(&SqlType::Double),
        SqlType::BigInt => numbers::<Spread<Int64Type, ROOT>>(&SqlType::Double),
        SqlType::Double => numbers::<Spread<Float64Type, ROOT>>(&SqlType::Double),
        ref other => return Err(unexpected(name, other)),
    };
    let sum = argument_types[0].clone();
    Ok(ResolvedAggregate {
        name,
        argument_types,
        intermediate_type: structure(&[("SUM", sum), ("COUNT", SqlType::BigInt), ("M2", SqlType::Double)]),
        return_type: SqlType::Double,
        supports_undo: true,
        create,
    })
}

pub(super) fn correlation(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("CORRELATION", types, literals)?;
    let data_type = argument_types[0].clone();
    let sums = ["X_SUM", "Y_SUM", "X_SQUARED_SUM", "Y_SQUARED_SUM", "XY_SUM"].map(|name| (name, SqlType::Double));
    let mut fields = sums.to_vec();
    fields.push(("COUNT", SqlType::BigInt));
    Ok(ResolvedAggregate {
        name: "CORRELATION",
        argument_types,
        intermediate_type: structure(&fields),
        return_type: SqlType::Double,
        supports_undo: true,
        create: folded(&SqlType::Double, move || Correlation { data_type: data_type.clone() }),
    })
}

pub(super) fn extremum<const MAX: bool>(types: Types, literals: &[Value]) -> Resolved {
    let name = if MAX { "MAX" } else { "MIN" };
    let argument_types = checked(name, types, literals)?;
    let data_type = argument_types[0].clone();
    let create: Create = match data_type {
        SqlType::Integer => numbers::<Extremum<Int32Type, MAX>>(&data_type),
        SqlType::BigInt => numbers::<Extremum<Int64Type, MAX>>(&data_type),
        SqlType::Double => numbers::<Extremum<Float64Type, MAX>>(&data_type),
        SqlType::Time => numbers::<Extremum<Time32MillisecondType, MAX>>(&data_type),
        SqlType::Date => numbers::<Extremum<Date32Type, MAX>>(&data_type),
        SqlType::Timestamp => numbers::<Extremum<TimestampMillisecondType, MAX>>(&data_type),
        SqlType::Decimal { precision, .. } if precision <= 38 => numbers::<Extremum<Decimal128Type, MAX>>(&data_type),
        SqlType::Decimal { .. } => numbers::<Extremum<Decimal256Type, MAX>>(&data_type),
        SqlType::String | SqlType::Bytes => {
            let text_type = data_type.clone();
            folded(&data_type, move || TextExtremum { max: MAX, data_type: text_type.clone() })
        }
        ref other => return Err(unexpected(name, other)),
    };
    Ok(ResolvedAggregate {
        name,
        argument_types,
        intermediate_type: data_type.clone(),
        return_type: data_type,
        supports_undo: false,
        create,
    })
}

pub(super) fn collect_list(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("COLLECT_LIST", types, literals)?;
    let item = argument_types[0].clone();
    let list = SqlType::array(item.clone());
    Ok(ResolvedAggregate {
        name: "COLLECT_LIST",
        argument_types,
        intermediate_type: list.clone(),
        supports_undo: true,
        create: folded(&list, move || CollectList::new(item.clone())),
        return_type: list,
    })
}

pub(super) fn collect_set(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("COLLECT_SET", types, literals)?;
    let item = argument_types[0].clone();
    let list = SqlType::array(item.clone());
    Ok(ResolvedAggregate {
        name: "COLLECT_SET",
        argument_types,
        intermediate_type: list.clone(),
        supports_undo: false,
        create: folded(&list, move || CollectSet::new(item.clone())),
        return_type: list,
    })
}

pub(super) fn count_distinct(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("COUNT_DISTINCT", types, literals)?;
    let data_type = argument_types[0].clone();
    Ok(ResolvedAggregate {
        name: "COUNT_DISTINCT",
        argument_types,
        intermediate_type: SqlType::array(SqlType::Integer),
        return_type: SqlType::BigInt,
        supports_undo: false,
        create: folded(&SqlType::BigInt, move || CountDistinct { data_type: data_type.clone() }),
    })
}

pub(super) fn histogram(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("HISTOGRAM", types, literals)?;
    let map = SqlType::map(SqlType::String, SqlType::BigInt);
    Ok(ResolvedAggregate {
        name: "HISTOGRAM",
        argument_types,
        intermediate_type: map.clone(),
        supports_undo: true,
        create: folded(&map, || Histogram),
        return_type: map,
    })
}

pub(super) fn attr(types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked("ATTR", types, literals)?;
    let data_type = argument_types[0].clone();
    let entry = structure(&[("VALUE", data_type.clone()), ("COUNT", SqlType::Integer)]);
    Ok(ResolvedAggregate {
        name: "ATTR",
        argument_types,
        intermediate_type: SqlType::array(entry),
        return_type: data_type.clone(),
        supports_undo: true,
        create: folded(&data_type.clone(), move || Attribute { data_type: data_type.clone() }),
    })
}

pub(super) fn earliest(types: Types, literals: &[Value]) -> Resolved {
    by_offset("EARLIEST_BY_OFFSET", "earliestN", types, literals)
}

pub(super) fn latest(types: Types, literals: &[Value]) -> Resolved {
    by_offset("LATEST_BY_OFFSET", "latestN", types, literals)
}

fn by_offset(name: &'static str, count_name: &str, types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked(name, types, literals)?;
    let data_type = argument_types[0].clone();
    let stamped = structure(&[("SEQ", SqlType::BigInt), ("VAL", data_type.clone())]);
    let n = literals.iter().find_map(|literal| if let Value::Integer(n) = literal { Some(*n) } else { None });
    let ignore_nulls = !literals.contains(&Value::Boolean(false));
    let latest = name == "LATEST_BY_OFFSET";
    let (intermediate_type, return_type) = match n {
        Some(n) if n < 1 => return Err(format!("{count_name} must be 1 or greater")),
        Some(_) => (SqlType::array(stamped), SqlType::array(data_type.clone())),
        None => (stamped, data_type.clone()),
    };
    let stamping = move || Stamping::new(data_type.clone(), ignore_nulls);
    let create = match n {
        Some(n) => folded(&return_type, move || Several { stamping: stamping(), n: n as usize, latest }),
        None if latest => folded(&return_type, move || One::<true>(stamping())),
        None => folded(&return_type, move || One::<false>(stamping())),
    };
    Ok(ResolvedAggregate { name, argument_types, intermediate_type, return_type, supports_undo: false, create })
}

pub(super) fn topk(types: Types, literals: &[Value]) -> Resolved {
    top("TOPK", types, literals)
}

pub(super) fn topk_distinct(types: Types, literals: &[Value]) -> Resolved {
    top("TOPKDISTINCT", types, literals)
}

fn top(name: &'static str, types: Types, literals: &[Value]) -> Resolved {
    let argument_types = checked(name, types, literals)?;
    let [Value::Integer(k)] = literals else {
        return Err(format!("Function '{name}' needs a number k as its last argument"));
    };
    let k = usize::try_from(*k).unwrap_or(0);
    let entry_type = match argument_types.split_first() {
        Some((sort, others)) if !others.is_empty() => {
            let columns: Vec<String> = (0..others.len()).map(|i| format!("col{i}")).collect();
            let others = columns.iter().map(String::as_str).zip(others.iter().cloned());
            structure(&std::iter::once(("sort_col", sort.clone())).chain(others).collect::<Vec<_>>())
        }
        _ => argument_types[0].clone(),
    };
    let list = SqlType::array(entry_type.clone());
    let top_types = argument_types.clone();
    let distinct = name == "TOPKDISTINCT";
    Ok(ResolvedAggregate {
        name,
        argument_types,
        intermediate_type: list.clone(),
        supports_undo: false,
        create: folded(&list, move || Top {
            argument_types: top_types.clone(),
            entry_type: entry_type.clone(),
            k,
            distinct,
        }),
        return_type: list,
    })
}
