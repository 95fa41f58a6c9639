//! The file of an invitation import: its form, not yet what its cells mean.
//!
//! UTF-8 with or without byte order mark, `,` or `;` by what the header row uses, columns in any order and case. What is
//! wrong with the file as a whole is an [`ImportError`]; a bad row stops no other.

use kundportal_domain::Personal;

/// Longest file, in bytes.
pub const LONGEST_FILE: usize = 1024 * 1024;
/// Most rows, blank ones and the header not counted.
pub const MOST_ROWS: usize = 1_000;

/// The columns in the order in which their cells are kept.
const COLUMNS: [&str; 4] = ["email", "name", "role", "customer"];
/// All but `customer`.
const REQUIRED: &[&str] = &["email", "name", "role"];

/// One row of the import.
#[derive(Debug)]
pub struct ImportRow {
    /// Which one: 1 is the first row after the header. Blank rows are not counted.
    pub row: usize,
    /// Its cells, or why they are not to be had.
    pub cells: Result<Cells, RowError>,
}

/// What a row holds, without the white space around it, otherwise as it is written. Absent cells are empty.
#[derive(Debug)]
pub struct Cells {
    /// Whom to invite.
    pub email: Personal<String>,
    /// Their name.
    pub name: Personal<String>,
    /// The role's name.
    pub role: Personal<String>,
    /// The customer, by id or name; none where the cell is empty or the column absent.
    pub customer: Option<Personal<String>>,
}

/// Why a row does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// A separator stands in a cell without quotes, perhaps.
    #[error("the row has more cells than the header")]
    MoreCellsThanHeader,
}

/// Why a file cannot be imported. Names the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file has more bytes than are read.
    #[error("the file must have at most {LONGEST_FILE} bytes")]
    TooLong,
    /// The file is in another encoding, as spreadsheets write unless told otherwise.
    #[error("the file must be UTF-8: save it as \"CSV UTF-8\"")]
    NotUtf8,
    /// There is nothing in the file.
    #[error("the file must have a header row: email, name, role, and customer where wanted")]
    NoHeader,
    /// A column is named that does not exist.
    #[error("column {column} of the header is none of email, name, role, customer")]
    UnknownColumn {
        /// Its place, from 1.
        column: usize,
    },
    /// A column is named twice.
    #[error("the column {name} must be there once")]
    RepeatedColumn {
        /// Its name.
        name: &'static str,
    },
    /// A column is missing.
    #[error("the column {name} must be there")]
    MissingColumn {
        /// Its name.
        name: &'static str,
    },
    /// A quotation mark is open at the end, so that nobody knows where rows end.
    #[error("each quotation mark must have its counterpart")]
    UnpairedQuote,
    /// There are more rows than may be.
    #[error("the file must have at most {MOST_ROWS} rows")]
    TooManyRows,
}

/// Reads an import file.
pub fn parse(file: &[u8]) -> Result<Vec<ImportRow>, ImportError> {
    if file.len() > LONGEST_FILE {
        return Err(ImportError::TooLong);
    }
    let text = std::str::from_utf8(file).map_err(|_| ImportError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // RFC 4180, 2: quotes enclose a cell, and are doubled in it. The reader would take the rest of the file for a cell.
    if text.matches('"').count() % 2 == 1 {
        return Err(ImportError::UnpairedQuote);
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    // Reading from memory what is UTF-8 has no way to fail.
    let mut records =
        reader.records().map_while(Result::ok).filter(|record| record.iter().any(|cell| !cell.is_empty()));
    let header = Header::read(&records.next().ok_or(ImportError::NoHeader)?)?;
    let rows: Vec<_> = records
        .take(MOST_ROWS + 1)
        .zip(1..)
        .map(|(record, row)| ImportRow { row, cells: header.cells(&record) })
        .collect();
    if rows.len() > MOST_ROWS { Err(ImportError::TooManyRows) } else { Ok(rows) }
}

/// What separates the cells of the header row. No column's name holds either.
fn separator(text: &str) -> u8 {
    let is_blank =
        |line: &&str| line.chars().all(|character| matches!(character, ',' | ';' | '"' | ' ' | '\t'));
    let header = text.split(['\r', '\n']).find(|line| !is_blank(line)).unwrap_or(text);
    if header.contains(';') { b';' } else { b',' }
}

/// Where each column is.
struct Header {
    places: [Option<usize>; 4],
    length: usize,
}

impl Header {
    fn read(record: &csv::StringRecord) -> Result<Self, ImportError> {
        let mut header = Self { places: [None; 4], length: record.len() };
        for (place, title) in record.iter().enumerate() {
            let known =
                COLUMNS.iter().zip(&mut header.places).find(|(name, _)| name.eq_ignore_ascii_case(title));
            let (name, column) = known.ok_or(ImportError::UnknownColumn { column: place + 1 })?;
            if column.replace(place).is_some() {
                return Err(ImportError::RepeatedColumn { name });
            }
        }
        match COLUMNS
            .iter()
            .zip(header.places)
            .find(|(name, place)| REQUIRED.contains(name) && place.is_none())
        {
            Some((name, _)) => Err(ImportError::MissingColumn { name }),
            None => Ok(header),
        }
    }

    fn cells(&self, record: &csv::StringRecord) -> Result<Cells, RowError> {
        if record.iter().skip(self.length).any(|cell| !cell.is_empty()) {
            return Err(RowError::MoreCellsThanHeader);
        }
        let [email, name, role, customer] =
            self.places.map(|place| place.and_then(|place| record.get(place)).unwrap_or_default().to_owned());
        Ok(Cells {
            email: Personal::new(email),
            name: Personal::new(name),
            role: Personal::new(role),
            customer: (!customer.is_empty()).then(|| Personal::new(customer)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A row's cells joined with `|`, or its error.
    fn shown(row: &ImportRow) -> String {
        match &row.cells {
            Ok(Cells { email, name, role, customer }) => {
                let customer = customer.as_ref().map_or("-", |customer| customer.reveal());
                format!("{}: {}|{}|{}|{customer}", row.row, email.reveal(), name.reveal(), role.reveal())
            }
            Err(error) => format!("{}: {error}", row.row),
        }
    }

    fn read(file: impl AsRef<[u8]>) -> Result<Vec<String>, ImportError> {
        parse(file.as_ref()).map(|rows| rows.iter().map(shown).collect())
    }

    #[track_caller]
    fn assert_read(file: &str, expected: &[&str]) {
        assert_eq!(read(file).expect("readable"), expected, "{file}");
    }

    #[test]
    fn a_plain_file_gives_its_rows_counted_from_one() {
        let file = "email,name,role,customer\nasa@example.se,Åsa Öberg,member,Ängens Mejeri AB\nb@example.se,Bo Ek,administrator,\n";
        let expected =
            ["1: asa@example.se|Åsa Öberg|member|Ängens Mejeri AB", "2: b@example.se|Bo Ek|administrator|-"];
        assert_read(file, &expected);
        assert_read(file.trim_end(), &expected);
        assert_read(&file.replace('\n', "\r\n"), &expected);
        assert_read(&file.replace('\n', "\r"), &expected);
        assert_read(&format!("\u{feff}{file}"), &expected);
    }

    #[test]
    fn what_a_swedish_spreadsheet_writes_is_read() {
        let file = "\u{feff}Email;Name;Role;Customer\r\n\
            asa@example.se;\"Öberg, Åsa\";member;\"Ängens \"\"Mejeri\"\"; AB\"\r\n\
            ;;;\r\n\r\n b@example.se ; Bo Ek;member;\r\n";
        let expected =
            ["1: asa@example.se|Öberg, Åsa|member|Ängens \"Mejeri\"; AB", "2: b@example.se|Bo Ek|member|-"];
        assert_read(file, &expected);
    }

    #[test]
    fn columns_come_in_any_order_and_case_and_customer_is_optional() {
        assert_read("Role, NAME ,eMail\nmember,Bo,b@example.se", &["1: b@example.se|Bo|member|-"]);
        assert_read("\"email\";\"role\";\"name\"\nb@example.se;member;Bo", &["1: b@example.se|Bo|member|-"]);
        assert_read(
            "\n,,\n \nemail,name,role\n\nb@example.se,Bo,member\n\n",
            &["1: b@example.se|Bo|member|-"],
        );
        assert_eq!(read("email,name,role\n"), Ok(Vec::new()));
    }

    #[test]
    fn a_bad_row_stops_no_other() {
        let file = "email,name,role\nb@example.se,Ek, Bo,member\nc@example.se\nd@example.se,Di,member,,\n=1+1,@x,-y\n";
        let expected = [
            "1: the row has more cells than the header",
            "2: c@example.se|||-",
            "3: d@example.se|Di|member|-",
            "4: =1+1|@x|-y|-",
        ];
        assert_read(file, &expected);
    }

    #[test]
    fn a_file_of_another_form_is_refused_by_the_rule() {
        for (file, error) in [
            ("", ImportError::NoHeader),
            ("\u{feff}\r\n;;\r\n", ImportError::NoHeader),
            ("email,name,role,phone\n", ImportError::UnknownColumn { column: 4 }),
            ("email,name,role,\n", ImportError::UnknownColumn { column: 4 }),
            ("a@example.se,Bo,member\n", ImportError::UnknownColumn { column: 1 }),
            ("email;name,role\n", ImportError::UnknownColumn { column: 2 }),
            ("email,name,role,Name\n", ImportError::RepeatedColumn { name: "name" }),
            ("email,role,customer\n", ImportError::MissingColumn { name: "name" }),
            (
                "email,name,role\n\"b@example.se,Bo,member\nc@example.se,Cy,member\n",
                ImportError::UnpairedQuote,
            ),
        ] {
            assert_eq!(read(file), Err(error), "{file}");
        }
        for bytes in [b"email,name,role\nb@example.se,\xc5sa,member\n".as_slice(), b"\xff\xfee\0m\0a\0i\0l\0"]
        {
            assert_eq!(read(bytes), Err(ImportError::NotUtf8));
        }
    }

    #[test]
    fn rows_and_bytes_are_limited() {
        let file = |rows: usize| format!("email,name,role\n{}", "b@example.se,Bo,member\n\n".repeat(rows));
        assert_eq!(read(file(MOST_ROWS)).map(|rows| rows.len()), Ok(1_000));
        assert_eq!(read(file(MOST_ROWS + 1)), Err(ImportError::TooManyRows));
        let header = "email,name,role\n";
        let padded = |length: usize| format!("{header}{}", "\n".repeat(length - header.len()));
        assert_eq!(read(padded(LONGEST_FILE)), Ok(Vec::new()));
        assert_eq!(read(padded(LONGEST_FILE + 1)), Err(ImportError::TooLong));
    }

    #[test]
    fn neither_rows_nor_errors_show_what_is_in_them() {
        let rows = parse(b"email,name,role\nb@example.se,Bo,member").expect("rows");
        assert!(!format!("{rows:?}").contains("Bo"));
        let error = parse(b"b@example.se,Bo").expect_err("no header");
        assert!(!format!("{error} {error:?}").contains("Bo"));
    }

    proptest! {
        #[test]
        fn cells_come_back_whatever_they_hold(
            cells in proptest::collection::vec(["[a-zåäö,;\"]{1,12}", "[a-zåäö,;\" ]{0,12}", "(a[\r\n]b)?"], 1..20),
            separator in proptest::sample::select(&[",", ";"][..]),
        ) {
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            let mut file = ["email", "name", "role"].join(separator);
            let mut expected = Vec::new();
            for ([email, name, role], row) in cells.iter().zip(1..) {
                file += "\r\n";
                file += &[email, name, role].map(|cell| quoted(cell)).join(separator);
                expected.push(format!("{row}: {}|{}|{role}|-", email.trim(), name.trim()));
            }
            prop_assert_eq!(read(file), Ok(expected));
        }

        #[test]
        fn no_file_panics(text in "(email,name,role\n)?[a-z,;\"\r\n\u{feff}å ]{0,80}") {
            if let Ok(rows) = parse(text.as_bytes()) {
                prop_assert!(rows.iter().zip(1..).all(|(row, place)| row.row == place));
            }
        }
    }
}
