// The checksum of a migration: what checkouts and editors do to a text changes nothing, what SQLite reads changes it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  isChecksumOf,
  migrationChecksum,
  withPlainLines,
} from '../../../../runtime/data/worker/db/migration-checksum.ts'

const BOM = '\ufeff'
const SQL =
  "CREATE TABLE note (\n  text TEXT DEFAULT 'a  ''b''\n  c' -- one\n);\n/* two\n   three */\nSELECT 1;\n"
const bytesOf = (text: string) => createHash('sha256').update(text).digest('hex')

test('line endings, a BOM, and blanks at the ends of lines and of the file do not change it', () => {
  const forms = [
    SQL.replaceAll('\n', '\r\n'),
    SQL.replaceAll('\n', '\r'),
    BOM + SQL,
    BOM + SQL.replaceAll('\n', '\r\n'),
    SQL.trimEnd(),
    `${SQL}\n \t\n`,
    SQL.replace('-- one', '-- one \t'),
    SQL.replace('/* two', '/* two  '),
    SQL.replace('(\n', '( \n'),
  ]
  for (const form of forms)
    assert.equal(migrationChecksum(form), migrationChecksum(SQL), JSON.stringify(form))
  // A file that most editors write has the checksum of its bytes.
  assert.equal(migrationChecksum(SQL), bytesOf(SQL))
})

test('everything else changes it, blanks within strings and names too', () => {
  const others = [
    SQL.replace('a  ', 'a '),
    SQL.replace("''b''\n", "''b'' \n"),
    SQL.replace('note (', '"note " ('),
    SQL.replace('  text', ' text'),
    `-- new\n${SQL}`,
    SQL.replace('SELECT 1', 'SELECT  1'),
  ]
  for (const other of others)
    assert.notEqual(migrationChecksum(other), migrationChecksum(SQL), JSON.stringify(other))
  const line = (name: string) => `CREATE TABLE ${name} (x);\n`
  for (const [a, b] of [
    ['"a \nb"', '"a\nb"'],
    ['`a \nb`', '`a\nb`'],
    ['[a \nb]', '[a\nb]'],
  ] as const)
    assert.notEqual(migrationChecksum(line(a)), migrationChecksum(line(b)))
})

test('a checksum of the bytes, as it was recorded before, is still known in any form of the file', () => {
  const before = [
    SQL,
    SQL.trimEnd(),
    BOM + SQL,
    SQL.replaceAll('\n', '\r\n'),
    BOM + SQL.replaceAll('\n', '\r\n'),
    SQL.replaceAll('\n', '\r\n').trimEnd(),
  ]
  for (const old of before)
    for (const now of before) assert.ok(isChecksumOf(bytesOf(old), now), JSON.stringify([old, now]))
  const blanks = SQL.replace('(\n', '( \n')
  assert.ok(isChecksumOf(bytesOf(blanks), blanks.replaceAll('\n', '\r\n')))
  assert.ok(!isChecksumOf(bytesOf(SQL), SQL.replace('note', 'notes')))
})

test('what is run has plain line ends; a single carriage return beside them is a character', () => {
  assert.equal(withPlainLines(`${BOM}a\r\n'b\r\nc'`), "a\n'b\nc'")
  assert.equal(withPlainLines('-- a\rSELECT 1'), '-- a\nSELECT 1')
  assert.equal(withPlainLines("'a\rb'\n"), "'a\rb'\n")
})

test('it takes linear time for any text', () => {
  for (const part of [' ', "'", '[', '/*', '`', ' x', '--', '\n', '\r'])
    assert.equal(migrationChecksum(part.repeat(1_000_000 / part.length)).length, 64)
})
