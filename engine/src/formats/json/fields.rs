//! The fields of an object: which name feeds which column, found by guessing that a record's fields follow one another as
//! they did in the record before.

use hashbrown::HashMap;

use super::scan::{Cursor, Fault, Scan};
use super::value::{Check, check, read};
use crate::formats::sink::Sink;
use crate::types::SqlType;

/// Names seen are remembered up to this number; objects with more are looked up anew each time.
const KNOWN_NAMES_MAX: usize = 1_024;

/// One declared field and the column it fills.
struct Field {
    name: String,
    sink: Sink,
    /// Not wanted: values are checked and thrown away.
    unwanted: Option<Check>,
    /// The object in which the field was last met.
    met_in: u64,
    /// It was met there under its exact name.
    met_exactly: bool,
}

/// What a name in the text means.
#[derive(Clone, Copy)]
enum Meaning {
    Unknown,
    Field { index: u32, exact: bool },
}

/// A name met before, and the name that came after it the last time.
struct KnownName {
    /// As in compact JSON: `"name":`.
    quoted: Vec<u8>,
    meaning: Meaning,
    next: u32,
}

/// The fields of one struct, or the columns of a record.
pub struct Fields {
    fields: Vec<Field>,
    known: Vec<KnownName>,
    by_name: HashMap<Box<[u8]>, u32>,
    objects: u64,
}

/// The place before the first name of an object.
const START: u32 = 0;

impl Fields {
    pub fn new<'a>(fields: impl Iterator<Item = (&'a str, &'a SqlType)>, rows: usize, bytes: usize) -> Self {
        let fields = fields.map(|(name, data_type)| Field {
            name: name.to_owned(),
            sink: Sink::new(data_type, rows, bytes),
            unwanted: None,
            met_in: 0,
            met_exactly: false,
        });
        let start = KnownName { quoted: vec![], meaning: Meaning::Unknown, next: START };
        Self { fields: fields.collect(), known: vec![start], by_name: HashMap::new(), objects: 0 }
    }

    /// Only checks the values of the field from now on.
    pub fn set_unwanted(&mut self, index: usize, data_type: &SqlType) {
        self.fields[index].sink = Sink::new(data_type, 0, 0);
        self.fields[index].unwanted = Some(Check::of(data_type));
    }

    pub fn iter(&self) -> impl Iterator<Item = &Sink> {
        self.fields.iter().map(|f| &f.sink)
    }

    pub fn sinks(&mut self) -> impl Iterator<Item = &mut Sink> {
        self.fields.iter_mut().map(|f| &mut f.sink)
    }

    pub fn wanted_sinks(&mut self) -> impl Iterator<Item = &mut Sink> {
        self.fields.iter_mut().filter(|f| f.unwanted.is_none()).map(|f| &mut f.sink)
    }

    pub fn into_sinks(self) -> impl Iterator<Item = Sink> {
        self.fields.into_iter().map(|f| f.sink)
    }

    /// Reads the object at the cursor as row `row` of every column.
    ///
    /// # Errors
    /// For broken JSON; else for the first field, in declared order, whose value does not fit. Columns may be longer than
    /// `row` then.
    pub fn read_object(&mut self, cursor: &mut Cursor<'_>, row: usize) -> Scan<()> {
        self.objects += 1;
        let mut met = 0;
        let mut faults: Vec<(u32, Box<Fault>)> = Vec::new();
        cursor.open_object()?;
        if cursor.take_byte(b'}') {
            cursor.leave();
        } else {
            let mut at = START;
            loop {
                let meaning = self.next_name(cursor, &mut at)?;
                match meaning {
                    Meaning::Unknown => cursor.skip_value()?,
                    Meaning::Field { index, exact } => {
                        met += usize::from(self.read_field(cursor, row, index, exact, &mut faults)?);
                    }
                }
                if !cursor.next_field()? {
                    break;
                }
            }
        }
        if let Some(first) = faults.into_iter().min_by_key(|(index, _)| *index) {
            return Err(first.1);
        }
        if met < self.fields.len() {
            self.fill_missing();
        }
        Ok(())
    }

    fn fill_missing(&mut self) {
        for field in self.fields.iter_mut().filter(|f| f.met_in != self.objects && f.unwanted.is_none()) {
            field.sink.push_null();
        }
    }

    /// Takes the value of one field; true if the field is new in this object. A later value replaces an earlier one unless
    /// only the earlier had the exact name.
    #[inline]
    fn read_field(
        &mut self,
        cursor: &mut Cursor<'_>,
        row: usize,
        index: u32,
        exact: bool,
        faults: &mut Vec<(u32, Box<Fault>)>,
    ) -> Scan<bool> {
        let field = &mut self.fields[index as usize];
        let fresh = field.met_in != self.objects;
        if !fresh {
            if field.met_exactly && !exact {
                cursor.skip_value()?;
                return Ok(false);
            }
            field.sink.truncate(row);
            faults.retain(|(other, _)| *other != index);
        }
        field.met_in = self.objects;
        field.met_exactly = exact;
        let (pos, depth) = (cursor.pos, cursor.depth());
        let taken = match &mut field.unwanted {
            None => read(cursor, &mut field.sink),
            Some(how) => check(cursor, how, &mut field.sink),
        };
        if let Err(fault) = taken {
            faults.push((index, located(fault, &field.name)?));
            cursor.rewind(pos, depth);
            cursor.skip_value()?;
        }
        Ok(fresh)
    }

    /// Moves past the name and colon at the cursor and says what the name means.
    #[inline]
    fn next_name(&mut self, cursor: &mut Cursor<'_>, at: &mut u32) -> Scan<Meaning> {
        let guess = self.known[*at as usize].next;
        let known = &self.known[guess as usize];
        if guess != START && cursor.take(&known.quoted) {
            *at = guess;
            cursor.skip_blanks();
            return Ok(known.meaning);
        }
        self.look_up_name(cursor, at)
    }

    fn look_up_name(&mut self, cursor: &mut Cursor<'_>, at: &mut u32) -> Scan<Meaning> {
        let token = cursor.field_name()?;
        let raw = cursor.text(token);
        if let Some(&known) = self.by_name.get(raw.as_bytes()) {
            self.known[*at as usize].next = known;
            *at = known;
            return Ok(self.known[known as usize].meaning);
        }
        let meaning = self.meaning(&cursor.unescaped(token));
        if self.known.len() < KNOWN_NAMES_MAX {
            let new = self.known.len() as u32;
            let quoted = format!("\"{raw}\":").into_bytes();
            self.known.push(KnownName { quoted, meaning, next: START });
            self.by_name.insert(raw.as_bytes().into(), new);
            self.known[*at as usize].next = new;
            *at = new;
        }
        Ok(meaning)
    }

    /// The field of that very name, else the one that the name is in upper case.
    fn meaning(&self, name: &str) -> Meaning {
        let find = |name: &str| self.fields.iter().position(|f| f.name == name).map(|index| index as u32);
        match find(name) {
            Some(index) => Meaning::Field { index, exact: true },
            None => find(&name.to_uppercase()).map_or(Meaning::Unknown, |index| Meaning::Field { index, exact: false }),
        }
    }
}

/// The fault with the field's name on its path; passes on what is no matter of one field.
fn located(mut fault: Box<Fault>, name: &str) -> Scan<Box<Fault>> {
    match &mut *fault {
        Fault::Syntax(_) => Err(fault),
        Fault::Type { path, .. } => {
            path.push(format!(".{name}"));
            Ok(fault)
        }
    }
}
