import { useState } from 'react';
import { figure } from '../chart/numbers';
import type { Table } from '../chart/views';

const shown = 500;

/** The numbers of a chart, for those who read rather than look. */
export function DataTable({ table }: { table: Table }) {
  const [open, setOpen] = useState(false);
  const rows = open ? table.rows.slice(0, shown) : [];
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Data, {table.rows.length === 1 ? '1 row' : `${figure(table.rows.length)} rows`}</summary>
      <div className="scroll" role="region" aria-label="Data of the chart" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column} className={typeof cell === 'number' ? 'number' : undefined}>
                    {typeof cell === 'string' ? cell : figure(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.rows.length > shown && <p className="faint">The first {shown}; the CSV has all.</p>}
    </details>
  );
}
