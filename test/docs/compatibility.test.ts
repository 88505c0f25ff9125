// docs/compatibility.md names the programs that the tests run, in the versions that are installed.

import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { programs } from '../compatibility/list.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAMS = 'test/compatibility'
/** Programs that a sample plugin shows, which has tests of its own. */
const SAMPLES: ReadonlyMap<string, string> = new Map([['kysely', 'sample-plugins/notes']])

function versionOf(name: string): string {
  const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function foldersIn(path: string): string[] {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

test('docs/compatibility.md has a row for every program: its installed version, its plugin, and whether it ran unbundled', () => {
  const text = readFileSync(join(ROOT, 'docs/compatibility.md'), 'utf8')
  const [, table = ''] = /<!-- programs[^>]*-->([\s\S]*?)<!-- \/programs -->/.exec(text) ?? []
  const rows = table.trim().split('\n').slice(2)
  const found = rows.map((row) => {
    const [, name, version, plugin, , result] = row.split('|').map((cell) => cell.trim())
    return [name, version, plugin, result]
  })
  const expected = [...programs].map(([folder, { packages, carried }]) => {
    const [name = ''] = packages
    const result = carried === undefined ? 'works' : 'works; unbundled too'
    return [name, versionOf(name), `\`${PROGRAMS}/${folder}\``, result]
  })
  for (const [name, plugin] of SAMPLES) expected.push([name, versionOf(name), `\`${plugin}\``, 'works'])
  assert.deepEqual(found, expected)
})

test('every folder of a program is run', () => {
  assert.deepEqual([...programs.keys()].sort(), foldersIn(PROGRAMS).sort())
})

test('the sample plugins import the packages that the table says they do', () => {
  for (const [name, plugin] of SAMPLES) {
    const sources = globSync('backend/*.ts', { cwd: join(ROOT, plugin) }).map((file) =>
      readFileSync(join(ROOT, plugin, file), 'utf8'),
    )
    assert.ok(
      sources.some((source) => source.includes(`from '${name}`)),
      name,
    )
  }
})
