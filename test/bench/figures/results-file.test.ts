import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commitOf, describeMachine } from './machine.ts'
import { formatRun, parseRun, type Run, readRun, runPath, saveRun } from './results-file.ts'

const RUN: Run = {
  format: 1,
  date: '2026-11-28T12:00:00.000Z',
  commit: '51873a04ed0c',
  base: null,
  machine: describeMachine(),
  generator: 'wrk',
  rounds: 2,
  seconds: 4,
  figures: [
    { name: 'speed', unit: 'ratio', better: 'higher', aim: 0.6, rounds: [0.5, 0.612345678] },
    { name: 'start', unit: 'ms', better: 'lower', rounds: [] },
  ],
}

describe('runs as files', () => {
  test('what is saved is read again, to four digits', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'run.json')
    await saveRun(path, RUN)
    const read = await readRun(path)
    assert.deepEqual(read.figures[0]?.rounds, [0.5, 0.6123])
    assert.deepEqual({ ...read, figures: [] }, { ...RUN, figures: [] })
  })

  test('a figure is one line, so that two runs can be compared line by line', () => {
    const lines = formatRun(RUN).split('\n')
    assert.equal(lines.filter((line) => line.includes('"rounds":[')).length, RUN.figures.length)
  })

  test('a file that is not a run is refused with its position', () => {
    assert.throws(() => parseRun('{"format":2}', 'old.json'), /"old\.json".*format/)
    const text = formatRun(RUN).replace('"unit":"ratio"', '"unit":"furlongs"')
    assert.throws(() => parseRun(text, 'odd.json'), /"odd\.json".*furlongs/)
  })

  test('a name is a file of the folder of results, a path is itself', () => {
    assert.match(runPath('release'), /test\/bench\/results\/release\.json$/)
    assert.equal(runPath('/tmp/run.json'), '/tmp/run.json')
    assert.equal(runPath('./run.json'), './run.json')
  })

  test('the machine is described by all that makes a difference', () => {
    const { cpu, cores, kernel, node, loadBefore } = describeMachine()
    assert.ok(cpu !== '' && cores >= 1 && kernel.startsWith(process.platform))
    assert.equal(node, process.version)
    assert.equal(loadBefore.length, 3)
  })

  test('a folder without a repository has no commit', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
    t.after(() => rm(folder, { recursive: true }))
    assert.equal(commitOf(folder), null)
  })
})
