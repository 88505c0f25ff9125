import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { EXIT } from '../../runtime/cli/exit-codes.ts'
import { runCli } from './harness.ts'

it('docs/cli.md lists exactly the commands of the program, with their arguments, and every exit status', async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const listed = [...text.matchAll(/^\| `plugbay (.+?)` \|/gm)].map(([, usage]) => usage)
  const { out } = await runCli(['--help'])
  const commands = out.slice(out.indexOf('Commands:'), out.indexOf('First steps:'))
  const real = [
    ...commands.matchAll(/^ {2}([a-z-]+)(?:\|[a-z]+)?(?: \[options\])?((?: [<[][a-z.]+[>\]])*)/gm),
  ]
    .filter(([, name]) => name !== 'help')
    .map(([, name, args]) => `${name}${args}`)
  assert.deepEqual(listed, real)
  const statuses = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status))
  assert.deepEqual(statuses, Object.values(EXIT))
})
