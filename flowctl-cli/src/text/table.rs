//! Columns that line up. Pure.

/// Rows of cells under headings; the first columns are set left, the rest right where wanted.
#[derive(Debug)]
pub(crate) struct Table {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table whose headings say how a column is set: those that begin with `>` to the right.
    pub(crate) fn new<const N: usize>(headings: [&str; N]) -> Self {
        let right = headings.iter().map(|heading| heading.starts_with('>'));
        let names = headings
            .iter()
            .map(|heading| heading.trim_start_matches('>').to_owned());
        Self {
            right: right.collect(),
            rows: vec![names.collect()],
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, headings first, each begun with `indent` spaces.
    pub(crate) fn lines(&self, indent: usize) -> Vec<String> {
        let mut widths = vec![0; self.right.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        self.rows
            .iter()
            .map(|row| self.line(row, &widths, indent))
            .collect()
    }

    fn line(&self, row: &[String], widths: &[usize], indent: usize) -> String {
        let mut line = " ".repeat(indent);
        for ((cell, width), right) in row.iter().zip(widths).zip(&self.right) {
            let gap = " ".repeat(width - cell.chars().count());
            if *right {
                line.push_str(&gap);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&gap);
            }
            line.push_str("  ");
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_end_under_each_other() {
        let mut table = Table::new(["name", ">count"]);
        table.row(["→a".to_owned(), "1".to_owned()]);
        table.row(["longer".to_owned(), "1,000".to_owned()]);
        assert_eq!(
            table.lines(2),
            ["  name    count", "  →a          1", "  longer  1,000"]
        );
    }
}
