// What the command line tells people to type can be typed where it is told. This is a checkout.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { asTyped } from '../../runtime/cli/invocation.ts'
import { runCli } from './harness.ts'

/** A command that is named without what stands for the program in a checkout. */
const UNTYPED = /(?<!npm run |\/)\bplugbay (?!-- )[a-z<[-][^\n]*/

it('names commands as they are typed, and leaves what is one already, a path or no command', () => {
  const io = { env: {} }
  assert.equal(
    asTyped('"plugbay list" or plugbay --help', io),
    '"npm run plugbay -- list" or npm run plugbay -- --help',
  )
  for (const text of [
    'npm run plugbay -- list',
    'npx plugbay list',
    '/bin/plugbay list',
    'my-plugbay list',
    'plugbay/sdk',
    'plugbay',
  ])
    assert.equal(asTyped(text, io), text)
})

it('help, usage errors and hints name commands as they are typed', async () => {
  const { out: help } = await runCli(['--help'])
  const commands = [...help.matchAll(/^ {2}([a-z-]+)(?= |\|)/gm)].flatMap(([, name]) => name ?? [])
  assert.ok(commands.length > 30)
  const wrong = commands.flatMap((name) => [
    [name, '--help'],
    [name, '--nonsense'],
    // Every command has a first argument that is none of its verbs, or no file.
    ...(['serve', 'dev', 'doctor', 'help'].includes(name)
      ? []
      : [[name, 'nonsense', '--url', 'http://127.0.0.1:9']]),
  ])
  const unreachable = { PLUGBAY_URL: 'http://127.0.0.1:9', PLUGBAY_TOKEN: 'pbt_none' }
  let named = 0
  for (const args of [['--help'], ['frobnicate'], ...wrong]) {
    const { out, err } = await runCli(args, { env: unreachable, cwd: '/nonexistent' })
    assert.doesNotMatch(out + err, UNTYPED, args.join(' '))
    named += (out + err).split('npm run plugbay -- ').length - 1
  }
  assert.ok(named > 100, String(named))
})

it('programs get the text as it is', async () => {
  const { out } = await runCli(['users', 'nonsense', '--json'])
  assert.match(out, /"Write it like: plugbay users add ada"/)
})
