// A platform that is deployed by files: what it renders, what is checked of that, and where the scripts of plugins run.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { defineHost } from 'plugbay'
import { parse } from 'yaml'

export interface PlatformOptions {
  /** Folder that everything is rendered into. */
  readonly output: string
  /** `compose`: in a container of the step's service; `shell`: on this machine. */
  readonly scripts: 'compose' | 'shell'
}

export function platform({ output, scripts }: PlatformOptions) {
  return defineHost({
    id: 'platform',
    version: '1.0.0',
    templates: {
      folder: join(import.meta.dirname, 'templates'),
      values: join(import.meta.dirname, 'values.yml'),
      output,
      secrets: ['MASTER_PASSWORD'],
      // What no parser reads never replaces what works.
      checks: {
        'docker-compose.yml': (text) => void parse(text),
        'env.json': (text) => void JSON.parse(text),
      },
    },
    init: {
      async run(script, { name, signal, log }) {
        const shell = ['sh', '-eu', '-c', script]
        const compose = ['docker', 'compose', '-f', join(output, 'docker-compose.yml'), 'run', '--rm', name]
        await run(scripts === 'shell' ? shell : [...compose, ...shell], { signal, log })
      },
    },
  })
}

interface Running {
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

function run([program = '', ...args]: readonly string[], { signal, log }: Running): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(program, args, {
    signal,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') log(line)
    })
  child.once('error', reject)
  child.once('close', (code) => {
    if (code === 0) resolve()
    else reject(new Error(`The script ended with status ${code}`))
  })
  return promise
}
