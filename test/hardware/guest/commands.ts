// Runs inside the virtual machine: what the test outside asks for through the console, and what is said to it, a line of JSON each.

import { createInterface } from 'node:readline'

type Command = (args: never) => unknown

export function say(event: string, detail: unknown): void {
  process.stdout.write(`PROBE ${JSON.stringify({ event, detail })}\n`)
}

/** Longer than a test leaves the machine alone. */
const ALONE_MS = 530_000

/** Serves until the machine is stopped, or no more questions come: a test that was killed stops none. */
export function serveCommands(commands: Readonly<Record<string, Command>>): void {
  const alone = setTimeout(() => process.exit(), ALONE_MS)
  createInterface({ input: process.stdin }).on('line', (line) => {
    alone.refresh()
    const { id, command, args } = JSON.parse(line) as { id: number; command: string; args: never }
    void run(commands[command], args).then((answer) => say(`answer ${id}`, answer))
  })
  say('ready', null)
}

async function run(command: Command | undefined, args: never): Promise<object> {
  try {
    if (command === undefined) throw new Error('There is no such command')
    return { result: (await command(args)) ?? null }
  } catch (error) {
    return { error: String(error instanceof Error ? error.stack : error) }
  }
}
