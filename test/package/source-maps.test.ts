// Stacks in the author's files: the mapper of one backend, and the process that reads its map.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createLog } from '../../runtime/log.ts'
import type { LookupResult, ScriptPosition } from '../../runtime/package/format/source-maps.ts'
import { openSourceMapProcess, type SourceMapProcess } from '../../runtime/package/source-map-process.ts'
import { LinkedStackMapper } from '../../runtime/package/stack-mapper.ts'
import { until } from '../support/runtime.ts'
import { tempFolder } from './artifact-fixture.ts'
import { link } from './worker/link/linked.ts'

const SOURCE = 'export default {\n  fetch() {\n    throw new Error("no tea")\n  },\n}\n'

interface Fixture {
  readonly maps: SourceMapProcess
  readonly path: string
  readonly stack: string
}

async function setup(t: TestContext, options: { readonly idleMs?: number } = {}): Promise<Fixture> {
  const artifacts = await tempFolder(t)
  const linked = await link({ 'backend/index.ts': SOURCE })
  const path = join(artifacts, 'backend.js.map')
  writeFileSync(path, linked.map)
  const maps = openSourceMapProcess({ artifacts, log: createLog('silent'), ...options })
  t.after(() => maps.close())
  const lines = linked.code.split('\n')
  const line = lines.findIndex((text) => text.includes('no tea'))
  const column = (lines[line] ?? '').indexOf('new Error')
  const at = `plugin:///tea/backend.js:${line + 1}:${column + 1}`
  return {
    maps,
    path,
    stack: `Error: no tea\n    at fetch (${at})\n    at run (plugbay:guest:1:2)\n    at later (plugin:///tea/backend.js:99999:1)`,
  }
}

test('a stack names the places in the author’s files, and the innermost one with its lines', async (t) => {
  const { maps, path, stack } = await setup(t)
  const mapper = maps.mapper('tea', path)
  assert.equal(maps.pid, undefined, 'no process before the first error')
  assert.equal(
    await mapper.map(stack),
    'Error: no tea\n    at fetch (backend/index.ts:3:11)\n    at later (plugin:///tea/backend.js:99999:1)',
  )
  assert.deepEqual(await mapper.place(stack), {
    file: 'backend/index.ts',
    line: 3,
    column: 11,
    frame: [
      '  1 | export default {',
      '  2 |   fetch() {',
      '> 3 |     throw new Error("no tea")',
      '    |           ^',
      '  4 |   },',
      '  5 | }',
    ].join('\n'),
  })
  assert.deepEqual(await mapper.place('Error\n    at x (elsewhere.js:1:1)'), {})
})

test('the process ends when there is nothing to look up, and what it found stays known', async (t) => {
  const { maps, path, stack } = await setup(t, { idleMs: 50 })
  const mapper = maps.mapper('tea', path)
  const mapped = await mapper.map(stack)
  await until('the process to end', () => maps.pid === undefined)
  writeFileSync(path, 'not a map')
  assert.equal(await mapper.map(stack), mapped)
  assert.equal(maps.pid, undefined, 'the place was known')
})

test('a map that is damaged, missing or larger than any that is stored is refused, and others are read all the same', async (t) => {
  const { maps, path, stack } = await setup(t)
  const large = `${path}.large`
  writeFileSync(large, readFileSync(path, 'utf8') + ' '.repeat(21_000_000))
  writeFileSync(`${path}.bad`, '{"version":3,"sources":7}')
  for (const bad of [large, `${path}.bad`, `${path}.none`, '/etc/hostname']) {
    await assert.rejects(maps.mapper('evil', bad).map(stack), bad)
  }
  assert.match(await maps.mapper('tea', path).map(stack), /backend\/index\.ts:3:11/)
})

test('a process that is killed leaves that stack as it was, and serves the next plugin', async (t) => {
  const { maps, path, stack } = await setup(t)
  const first = maps.mapper('evil', path).map(stack)
  await until('the process to start', () => maps.pid)
  process.kill(maps.pid ?? 0, 'SIGKILL')
  await assert.rejects(first, { code: 'PROCESS_CRASHED' })
  assert.match(await maps.mapper('tea', path).map(stack), /backend\/index\.ts:3:11/)
})

const NOTHING: LookupResult = { found: [], frame: null }
const stackAt = (line: number) => `Error\n    at f (plugin:///p/backend.js:${line}:1)`

test('twenty requests that fail at once are one lookup, those that fail during it a second one', async () => {
  const asked: (readonly ScriptPosition[])[] = []
  const turns: (() => void)[] = []
  const mapper = new LinkedStackMapper(async (positions) => {
    await new Promise<void>((resolve) => turns.push(resolve))
    const taken = positions()
    asked.push(taken)
    await new Promise<void>((resolve) => turns.push(resolve))
    return { found: taken.map(({ line }) => ({ file: 'a.ts', line, column: 1 })), frame: null }
  })
  const step = async () => {
    turns.shift()?.()
    await new Promise(setImmediate)
  }
  const first = Array.from({ length: 20 }, (_, index) => mapper.map(stackAt(1 + (index % 2))))
  await step()
  const second = Array.from({ length: 20 }, (_, index) => mapper.map(stackAt(3 + (index % 2))))
  for (let count = 0; count < 4; count++) await step()
  assert.deepEqual(
    new Set(await Promise.all(first)),
    new Set(['Error\n    at f (a.ts:1:1)', 'Error\n    at f (a.ts:2:1)']),
  )
  assert.equal((await Promise.all(second)).length, 20)
  assert.deepEqual(
    asked.map((positions) => positions.map(({ line }) => line)),
    [
      [1, 2],
      [3, 4],
    ],
  )
  await mapper.map(stackAt(1))
  assert.equal(asked.length, 2, 'known')
})

test('a map that could not be read is not tried again for every error', async () => {
  let asked = 0
  const mapper = new LinkedStackMapper(async () => {
    asked++
    throw new Error('too slow')
  })
  await assert.rejects(mapper.map(stackAt(1)), { message: 'too slow' })
  for (let line = 2; line < 50; line++) await assert.rejects(mapper.map(stackAt(line)))
  assert.equal(asked, 1)
  assert.equal(await mapper.map('Error\n    at nowhere'), 'Error\n    at nowhere')
})

test('a stack with endless places has a bounded lookup', async () => {
  let most = 0
  const mapper = new LinkedStackMapper(async (positions) => {
    await new Promise(setImmediate)
    most = Math.max(most, positions().length)
    return NOTHING
  })
  const long = (from: number) => Array.from({ length: 1000 }, (_, index) => stackAt(from + index)).join('\n')
  await Promise.all(Array.from({ length: 20 }, (_, index) => mapper.map(long(1000 * index))))
  assert.equal(most, 500)
})
