import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const IO = new URL('../../runtime/cli/io.ts', import.meta.url).href

test('signals that come together are one wish, a later one is another', async () => {
  const program = `
    import { processIo } from ${JSON.stringify(IO)}
    const stop = processIo().onSignal(() => console.log('signal'))
    const alive = setInterval(() => {}, 1000)
    process.on('SIGUSR2', () => { stop(); clearInterval(alive); process.removeAllListeners('SIGUSR2') })
    console.error('ready')
  `
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  const { child } = running
  await new Promise((resolve) => child.stderr?.once('data', resolve))
  child.kill('SIGINT')
  child.kill('SIGTERM')
  await sleep(800)
  child.kill('SIGINT')
  await sleep(200)
  child.kill('SIGUSR2')
  assert.equal((await running).stdout, 'signal\nsignal\n')
})
