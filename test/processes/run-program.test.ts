// Programs of the machine, run for real: their lines, their group, and how they end.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_LINE, type ProgramCall, runProgram } from '../../runtime/processes/run-program.ts'
import { isRunning } from '../support/killable.ts'
import { until } from '../support/runtime.ts'

interface Given extends Partial<ProgramCall> {
  readonly script: string
}

/** Runs a script of the shell, whose arguments no shell has read. */
async function run({ script, args = [], ...given }: Given) {
  const lines: string[] = []
  const end = await runProgram({
    program: 'sh',
    args: ['-c', script, 'sh', ...args],
    env: { PATH: process.env.PATH },
    signal: new AbortController().signal,
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
    ...given,
  })
  return { ...end, lines }
}

describe('runProgram()', () => {
  it('gives the lines of both streams, the last one without its end, and the exit status', async () => {
    const { code, lines } = await run({
      script: 'printf "one\\ntwo\\r50%%\\r100%%\\r\\nthree"; echo oops >&2; exit 3',
    })
    assert.equal(code, 3)
    assert.deepEqual(
      lines.filter((line) => line.startsWith('stdout')),
      ['stdout one', 'stdout two', 'stdout 50%', 'stdout 100%', 'stdout three'],
    )
    assert.ok(lines.includes('stderr oops'))
  })

  it('passes arguments as they are, and no variable but those that are given', async () => {
    process.env.PLUGBAY_OF_THIS_TEST = 'seen'
    const { lines } = await run({
      script: 'printf "%s\\n" "$1"; env',
      args: ['$(touch x); "quoted"'],
      env: { PATH: process.env.PATH, GIVEN: 'yes' },
    })
    delete process.env.PLUGBAY_OF_THIS_TEST
    assert.equal(lines[0], 'stdout $(touch x); "quoted"')
    assert.ok(lines.includes('stdout GIVEN=yes'))
    assert.ok(!lines.some((line) => line.includes('PLUGBAY_OF_THIS_TEST')))
  })

  it('rejects for a program that is not there, and for one that may not be started', async () => {
    const missing = { script: '', program: '/nonexistent/engine' }
    await assert.rejects(run(missing), { code: 'ENOENT' })
    await assert.rejects(run({ script: '', program: '/etc/passwd' }), { code: 'EACCES' })
  })

  it('keeps a bounded part of a line without an end, and of a flood nothing that is not asked for', async () => {
    const { lines } = await run({ script: 'head -c 200000 /dev/zero | tr "\\0" a; echo; echo end' })
    assert.equal(lines[0]?.length, 'stdout '.length + MAX_LINE)
    assert.equal(lines[1], 'stdout end')
  })

  it('kills the whole group when it is told to end, even what ignores SIGTERM', async () => {
    const ending = new AbortController()
    const pids: number[] = []
    const running = run({
      script: 'trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo $! $$; wait',
      signal: ending.signal,
      onLine: (line) => pids.push(...line.split(' ').map(Number)),
    })
    await until('it has said its process ids', () => pids.length === 2)
    ending.abort(new Error('enough'))
    await assert.rejects(running, /enough/)
    await until('all of it is gone', () => pids.every((pid) => !isRunning(pid)))
  })

  it('does not wait for what a program has left running, and does not leave it', async () => {
    const { code, lines } = await run({ script: 'sleep 1000 & echo $!' })
    assert.equal(code, 0)
    const pid = Number(lines[0]?.split(' ')[1])
    await until('it is gone', () => !isRunning(pid))
  })

  it('is not begun when it is told to end before', async () => {
    await assert.rejects(run({ script: 'echo', signal: AbortSignal.abort(new Error('never')) }), /never/)
  })
})
