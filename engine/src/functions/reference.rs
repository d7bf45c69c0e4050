//! The examples and edge cases of the function reference (sections 15 and 16) that are no examples of the function table.

use super::FunctionKind;
use super::examples::evaluate;

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(call, expected)| {
            let found = evaluate(call, FunctionKind::Scalar).unwrap_or_else(|problem| format!("error: {problem}"));
            let is_expected = found == *expected || (*expected == "error" && found.starts_with("error: "));
            (!is_expected).then(|| format!("{call} is {found}, not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_example_per_function() {
    check(&[
        ("ABS(-2)", "2"),
        ("ACOS(1)", "0.0"),
        ("ARRAY_CONCAT(ARRAY[1],ARRAY[2])", "[1, 2]"),
        ("ARRAY_EXCEPT(ARRAY[1,2,2],ARRAY[1])", "[2]"),
        ("ARRAY_INTERSECT(ARRAY[1,2,3],ARRAY[3,2])", "[2, 3]"),
        ("ARRAY_JOIN(ARRAY[1,NULL],'|')", "'1|null'"),
        ("ARRAY_SORT(ARRAY[2,NULL,1],'DESC')", "[2, 1, NULL]"),
        ("ARRAY_UNION(ARRAY[1,2],ARRAY[2,3])", "[1, 2, 3]"),
        ("AS_MAP(ARRAY['a','b'],ARRAY[1])", "{a=1, b=NULL}"),
        ("AS_VALUE(1)", "1"),
        ("ATAN2(1,1)", "0.7853981633974483"),
        ("CEIL(1.2E0)", "2.0"),
        ("COALESCE(NULL,2)", "2"),
        ("COS(0)", "1.0"),
        ("COT(1)", "0.6420926159343306"),
        ("DATEADD(DAYS,5,FROM_DAYS(0))", "'1970-01-06'"),
        ("DATESUB(DAYS,5,FROM_DAYS(0))", "'1969-12-27'"),
        ("DEGREES(PI())", "180.0"),
        ("DOUBLE_FROM_BYTES(TO_BYTES('3ff0000000000000','hex'))", "1.0"),
        ("ENTRIES(MAP('b':=2,'a':=1),true)", "[{K='a', V=1}, {K='b', V=2}]"),
        ("FILTER(ARRAY[1,5],x=>x>2)", "[5]"),
        ("FORMAT_TIMESTAMP(FROM_UNIXTIME(0),'yyyy')", "'1970'"),
        ("GEO_DISTANCE(0E0,0E0,0E0,1E0)", "111.19492664455873"),
        ("GREATEST(1,NULL,3)", "3"),
        ("IFNULL(NULL,'x')", "'x'"),
        ("INITCAP('the QUICK fox')", "'The Quick Fox'"),
        ("JSON_CONCAT('{\"a\":1}','{\"b\":2}')", "'{\"a\":1,\"b\":2}'"),
        ("LEAST(2,1)", "1"),
        ("LOG(2,8)", "3.0"),
        ("MAP_KEYS(MAP('a':=1))", "['a']"),
        ("MAP_UNION(MAP('a':=1),MAP('a':=2))", "{a=2}"),
        ("MAP_VALUES(MAP('a':=1))", "[1]"),
        ("NULLIF(1,1)", "NULL"),
        ("POWER(2,10)", "1024.0"),
        ("RADIANS(180)", "3.141592653589793"),
        ("REDUCE(ARRAY[1,2],0,(s,x)=>s+x)", "3"),
        ("SPLIT('a,,b',',')", "['a', '', 'b']"),
        ("TO_JSON_STRING(STRUCT(b:=1,a:='x'))", "'{\"A\":\"x\",\"B\":1}'"),
        ("TRANSFORM(ARRAY[1,2],x=>x*2)", "[2, 4]"),
        ("UNIX_DATE(FROM_DAYS(10))", "10"),
        ("UNIX_TIMESTAMP(FROM_UNIXTIME(5))", "5"),
        ("LEN(UUID())", "36"),
        ("RANDOM() < 1", "true"),
    ]);
}

#[test]
fn text_at_the_edges() {
    check(&[
        ("SUBSTRING('short',6)", "''"),
        ("SUBSTRING('another',6)", "'er'"),
        ("SUBSTRING('some_string',6,3)", "'str'"),
        ("SUBSTRING('some string',0,2)", "'so'"),
        ("SUBSTRING('some string',NULL)", "NULL"),
        ("SUBSTRING('some string',6,NULL)", "NULL"),
        ("INSTR('corporate floor','or')", "2"),
        ("INSTR('corporate floor','or',4)", "5"),
        ("INSTR('corporate floor','or',4,2)", "14"),
        ("INSTR('corporate floor','or',-4)", "5"),
        ("INSTR('corporate floor','or',-4,2)", "2"),
        ("INSTR('short','or',4)", "0"),
        ("INSTR('no substring','or')", "0"),
        ("INSTR(CAST(NULL AS STRING),'or')", "0"),
        ("SPLIT('.abc.','.')", "['', 'abc', '']"),
        ("SPLIT('..a..','.')", "['', '', 'a', '', '']"),
        ("SPLIT('','.')", "['']"),
        ("SPLIT('abc','')", "['a', 'b', 'c']"),
        ("REGEXP_SPLIT_TO_ARRAY('aabcda','(ab|cd)')", "['a', '', 'a']"),
        ("REGEXP_REPLACE('baababaa','(ab)+','cat')", "'bacataa'"),
        ("REGEXP_EXTRACT('test.','anothertest')", "NULL"),
        ("REGEXP_EXTRACT('(','a')", "error"),
        ("REPLACE('anaconda',NULL,'o')", "NULL"),
        ("REPLACE('anaconda','a',NULL)", "NULL"),
        ("REPLACE('ab','','-')", "'-a-b-'"),
        ("TRIM(' \t with white space \t')", "'with white space'"),
        ("CHR(22909)", "'好'"),
        ("CHR(99000)", "'\u{182B8}'"),
        ("CHR(-1)", "NULL"),
        ("CHR('75')", "NULL"),
        ("ENCODE('X''4578616d706C6521''','hex','ascii')", "'Example!'"),
        ("ENCODE('a','null','utf8')", "error"),
        ("FIELD('hello',NULL,NULL)", "0"),
        ("ELT(FIELD('hello','hello','b'),'hello','b')", "'hello'"),
        ("ELT(FIELD('hello','a','b'),'a','b')", "NULL"),
        ("CONCAT_WS('-')", "error"),
        ("CONCAT_WS(CAST(NULL AS STRING),'a','b')", "NULL"),
        ("MASK_KEEP_LEFT('abc',-1)", "error"),
        ("MASK_KEEP_LEFT('abc',9)", "'abc'"),
        ("MASK('abc','XX','x','n','-')", "error"),
        ("LPAD('foo',-1,'x')", "NULL"),
        ("INITCAP('  two words ')", "'Two Words '"),
        ("SPLIT_TO_MAP('apple:green/banana:yellow','&&',':')", "{apple='green/banana'}"),
        ("'B2' < 'b2'", "true"),
        ("'b10' < 'b2'", "true"),
    ]);
}

#[test]
fn numbers_at_the_edges() {
    check(&[
        ("LN(-1)", "NaN"),
        ("LOG(-13)", "NaN"),
        ("SQRT(-1)", "NaN"),
        ("ACOS(2)", "NaN"),
        ("LN(0)", "-Infinity"),
        ("LOG(15,0)", "-Infinity"),
        ("LOG(-15,13)", "NaN"),
        ("LOG(15,-13)", "NaN"),
        ("COT(0)", "Infinity"),
        ("ROUND(1.7E0)", "2"),
        ("ROUND(111E0,-1)", "110.0"),
        ("ROUND(111E0,-2)", "100.0"),
        ("ROUND(1.234567E0,2)", "1.23"),
        ("ROUND(-2.5E0)", "-2"),
        ("ROUND(CAST('12345678987654321.2345678987654321' AS DECIMAL(33,16)))", "12345678987654321"),
        ("ROUND(CAST(NULL AS BIGINT))", "error"),
        ("TRUNC(CAST(NULL AS BIGINT))", "NULL"),
        ("GREATEST(FROM_DAYS(0),'2022-06-14')", "'2022-06-14'"),
        ("GREATEST(1.5,1.2345678)", "1.5000000"),
        ("GREATEST(1,2.5E0)", "2.5"),
        ("GEO_DISTANCE(37.4439E0,-122.1663E0,51.5257E0,-0.1122E0)", "8634.659796579544"),
        ("GEO_DISTANCE(37.4439E0,-122.1663E0,51.5257E0,-0.1122E0,' Miles ')", "5365.659729188262"),
        ("GEO_DISTANCE(91E0,0E0,0E0,0E0)", "error"),
        ("GENERATE_SERIES(1,2,0)", "error"),
        ("GENERATE_SERIES(1,1)", "[1]"),
        ("INT_FROM_BYTES(TO_BYTES('21','hex'))", "error"),
    ]);
}

#[test]
fn times_at_the_edges() {
    check(&[
        ("PARSE_DATE('11/05/2019','dd/MM/yyyy')", "'2019-05-11'"),
        ("PARSE_DATE('2019-05-11 01','yyyy-MM-dd HH')", "error"),
        ("PARSE_TIME('2019 01','yyyy HH')", "error"),
        ("PARSE_TIME('01:00:00 Pm','hh:mm:ss a')", "'13:00:00'"),
        ("STRINGTOTIMESTAMP('2020-05-11T21:58:33z','yyyy-MM-dd''T''HH:mm:ssX')", "1589234313000"),
        ("STRINGTOTIMESTAMP(CAST(NULL AS STRING),'yyyy')", "error"),
        ("STRINGTODATE('1970-01','yyyy-MM')", "error"),
        ("PARSE_TIMESTAMP('366','D')", "error"),
        ("FORMAT_DATE(FROM_DAYS(0),'HH')", "error"),
        ("FORMAT_TIME(PARSE_TIME('01:02','HH:mm'),'yyyy')", "error"),
        ("FORMAT_TIMESTAMP(FROM_UNIXTIME(0),'yyyy','PST')", "error"),
        ("CAST(TIMEADD(HOURS,25,PARSE_TIME('00:00','HH:mm')) AS STRING)", "'01:00'"),
        (
            "FORMAT_TIME(TIMEADD(MILLISECONDS,10,PARSE_TIME('23:59:59.995','HH:mm:ss.SSS')),'HH:mm:ss.SSS')",
            "'00:00:00.005'",
        ),
        (
            "FORMAT_TIME(TIMEADD(MILLISECONDS,-5,PARSE_TIME('00:00:00.002','HH:mm:ss.SSS')),'HH:mm:ss.SSS')",
            "'23:59:59.997'",
        ),
        ("UNIX_DATE(DATEADD(DAYS,-5,FROM_DAYS(2)))", "-3"),
        ("CAST('1970-01' AS DATE)", "'1970-01-01'"),
        ("CAST('foo' AS DATE)", "NULL"),
        ("CAST(CAST(FROM_UNIXTIME(-2000) AS TIME) AS STRING)", "'23:59:58'"),
        ("CAST(FROM_UNIXTIME(-2000) AS DATE)", "'1969-12-31'"),
        ("CAST('00:01' AS TIME)", "'00:01:00'"),
        ("TO_JSON_STRING(CAST('16:43:40' AS TIME))", "'\"16:43:40\"'"),
        ("TO_JSON_STRING(FROM_DAYS(1000))", "'\"1972-09-27\"'"),
        ("TO_JSON_STRING(FROM_UNIXTIME(60220000000))", "'\"1971-11-28T23:46:40.000\"'"),
    ]);
}

#[test]
fn collections_at_the_edges() {
    check(&[
        ("ARRAY_EXCEPT(ARRAY[0,0,1,0,-1],ARRAY_REMOVE(ARRAY[1],1))", "[0, 1, -1]"),
        ("ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>),ARRAY[1,-2])", "[1, -2]"),
        ("ARRAY_CONCAT(CAST(NULL AS ARRAY<INT>),CAST(NULL AS ARRAY<INT>))", "NULL"),
        ("ARRAY_SORT(ARRAY[NULL,false,true],'desc')", "[true, false, NULL]"),
        ("ARRAY_REMOVE(ARRAY[NULL,false,true],NULL)", "[false, true]"),
        ("ARRAY_JOIN(ARRAY[true,NULL,false])", "'true,null,false'"),
        ("ARRAY_JOIN(ARRAY[1,23],NULL)", "'123'"),
        ("SLICE(ARRAY[1,2,3],3,2)", "[]"),
        ("SLICE(ARRAY[1,2,3],3,1)", "error"),
        ("SLICE(ARRAY[1,2,3],0,1)", "NULL"),
        ("FILTER(ARRAY[5,NULL],x=>x>5)", "[]"),
        ("FILTER(MAP('abcd':=NULL,'abcde':=25),(k,v)=>LEN(k)>3 AND v % 5 = 0)", "error"),
        ("TRANSFORM(ARRAY[5,NULL],x=>x+5)", "error"),
        ("TRANSFORM(ARRAY['check',NULL],x=>UCASE(x))", "['CHECK', NULL]"),
        ("TRANSFORM(MAP('a':=1,'b':=2),(k,v)=>'c',(k,v)=>v)", "error"),
        ("REDUCE(ARRAY[5,NULL],2,(s,x)=>s+x)", "error"),
        ("REDUCE(CAST(NULL AS ARRAY<INT>),2,(s,x)=>s+x)", "2"),
        ("REDUCE(ARRAY[1],CAST(NULL AS INT),(s,x)=>s+x)", "NULL"),
        ("REDUCE(ARRAY['to be or',NULL],'',(s,x)=>CONCAT(s,x))", "'to be or'"),
        ("REDUCE(ARRAY[1,2,3],0,(s,x)=>s+x)", "6"),
        ("FILTER(MAP('a':=1,'b':=5),(k,v)=>v>3)", "{b=5}"),
    ]);
}

#[test]
fn json_and_urls_at_the_edges() {
    const URL: &str = "'http://a.com:80/p?q=1#f'";
    check(&[
        ("EXTRACTJSONFIELD('{\"array\":[1.23450]}','$.array[0]')", "'1.23450'"),
        ("EXTRACTJSONFIELD('{\"array\":[1.23450]}','$.array[-1]')", "error"),
        ("EXTRACTJSONFIELD('{\"a\":null}','$.a')", "'null'"),
        ("EXTRACTJSONFIELD('{\"a\":1} garbage','$.a')", "'1'"),
        ("JSON_CONCAT('{\"a\":{\"5\":6}}','{\"a\":{\"3\":4}}')", "'{\"a\":{\"3\":4}}'"),
        ("JSON_CONCAT('1','')", "NULL"),
        ("JSON_ARRAY_CONTAINS(CAST(NULL AS STRING),1)", "error"),
        ("JSON_ARRAY_LENGTH('[1')", "error"),
        ("JSON_ITEMS('{}')", "error"),
        ("TO_JSON_STRING(CAST(NULL AS INT))", "'null'"),
        ("URL_EXTRACT_PROTOCOL('www.confluent.io')", "NULL"),
        ("URL_EXTRACT_PATH('http://www.test.com?query#fragment')", "''"),
        ("URL_EXTRACT_HOST('http://test@confluent.io:8080')", "'confluent.io'"),
        ("URL_EXTRACT_PARAMETER('http://a.com/p?x&q=1','x')", "''"),
        ("URL_DECODE_PARAM('%zz')", "error"),
    ]);
    for (part, expected) in [
        ("PROTOCOL", "'http'"),
        ("HOST", "'a.com'"),
        ("PORT", "80"),
        ("PATH", "'/p'"),
        ("QUERY", "'q=1'"),
        ("FRAGMENT", "'f'"),
    ] {
        check(&[(&format!("URL_EXTRACT_{part}({URL})"), expected)]);
    }
    check(&[(&format!("URL_EXTRACT_PARAMETER({URL},'q')"), "'1'")]);
}
