// The audit log as a file. Invariant: a cell of the table never begins like a formula, whatever the names of plugins and users are.

import type { AuditEntry } from '../../../../../sdk/api/audit.ts'
import { auditPage } from '../../api/audit.ts'

export type ExportFormat = 'csv' | 'json'

/** All entries, however many pages there are. */
export async function exportAudit(subject: string, format: ExportFormat): Promise<void> {
  const entries: AuditEntry[] = []
  let cursor: string | null = null
  do {
    const page = await auditPage(subject, cursor)
    entries.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  const text = format === 'csv' ? toCsv(entries) : `${JSON.stringify(entries, undefined, 2)}\n`
  save(`audit-${new Date().toISOString().slice(0, 10)}.${format}`, text)
}

export function toCsv(entries: readonly AuditEntry[]): string {
  const head = ['time', 'actor', 'action', 'subject', 'detail']
  const rows = entries.map((entry) => [
    entry.time,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.detail),
  ])
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** Spreadsheets run what begins with one of these. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: string): string {
  const text = FORMULA.test(value) ? `'${value}` : value
  return `"${text.replaceAll('"', '""')}"`
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
