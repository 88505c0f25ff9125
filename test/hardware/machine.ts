// A virtual machine in QEMU: its console line by line, and its monitor (QMP), through which hardware is plugged.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { KernelFiles } from './kernel-files.ts'

/** A file for what the machine says, for who looks on. */
const FOLLOWED = process.env.PLUGBAY_TEST_CONSOLE

export interface MachineOptions {
  readonly initramfs: string
  /** Path for the socket of the monitor. */
  readonly monitor: string
  /** More arguments for QEMU: devices. */
  readonly args: readonly string[]
  /** Its clock counts instructions: no deadline inside passes because it is emulated slowly. */
  readonly countsInstructions: boolean
}

/** Two nanoseconds each: one processor, whose clock stands still while the machine that emulates it is busy with other things. */
const COUNTING = ['-accel', 'tcg,thread=single', '-icount', 'shift=1,sleep=on', '-smp', '1']

export interface Machine {
  /** Resolves with the first line not yet taken that the predicate accepts; rejects when the machine ends first. */
  line(accepts: (line: string) => boolean): Promise<string>
  /** Writes a line to the console. */
  send(line: string): void
  /** Runs a command of the monitor. */
  monitor(execute: string, args: Readonly<Record<string, unknown>>): Promise<void>
  /** Resolves when the device has gone, and has given back what it held: a moment after the answer of `device_del`. */
  unplug(id: string): Promise<void>
  stop(): Promise<void>
}

export async function startMachine(files: KernelFiles, options: MachineOptions): Promise<Machine> {
  const child = spawn(
    files.qemu,
    // biome-ignore format: pairs of option and value
    [
      '-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio',
      // Emulated, although slower: nested KVM is missing on many machines and broken on some.
      ...(options.countsInstructions ? COUNTING : ['-accel', 'tcg,thread=multi', '-smp', '2']),
      '-cpu', 'max', '-m', '1024',
      '-kernel', files.kernel, '-initrd', options.initramfs,
      '-append', 'console=ttyS0 loglevel=1 panic=-1 mitigations=off tsc=reliable',
      '-qmp', `unix:${options.monitor},server=on,wait=off`,
      ...options.args,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const console = readConsole(child)
  // What is written to a machine that has been stopped is lost, as it should be.
  child.stdin.on('error', () => undefined)
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }
  try {
    const { monitor, deleted } = speakMonitor(await connectMonitor(child, options.monitor))
    await monitor('qmp_capabilities', {})
    const send = (line: string): void => void child.stdin.write(`${line}\n`)
    const unplug = async (id: string): Promise<void> => {
      await Promise.all([deleted(id), monitor('device_del', { id })])
    }
    return { line: console.line, send, monitor, unplug, stop }
  } catch (error) {
    await stop()
    throw new Error(`QEMU did not start:\n${console.transcript()}`, { cause: error })
  }
}

function readConsole(child: ChildProcess): { line: Machine['line']; transcript: () => string } {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('QEMU has no console')
  const transcript: string[] = []
  const waiting: string[] = []
  let ended = false
  let wake: () => void = () => undefined
  const take = (line: string): void => {
    transcript.push(line)
    if (FOLLOWED !== undefined) appendFileSync(FOLLOWED, `${(performance.now() / 1000).toFixed(1)} ${line}\n`)
    waiting.push(line)
    wake()
  }
  createInterface({ input: stdout }).on('line', take)
  createInterface({ input: stderr }).on('line', take)
  child.once('close', () => {
    ended = true
    wake()
  })
  return {
    transcript: () => transcript.join('\n'),
    async line(accepts) {
      for (;;) {
        for (let line = waiting.shift(); line !== undefined; line = waiting.shift())
          if (accepts(line)) return line
        if (ended) throw new Error(`The machine ended too early:\n${transcript.join('\n')}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

async function connectMonitor(child: ChildProcess, path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return socket
    } catch (error) {
      // QEMU makes the socket a moment after it has started.
      if (child.exitCode !== null || child.signalCode !== null) throw error
      await delay(20)
    }
  }
}

interface Monitor {
  readonly monitor: Machine['monitor']
  /** Resolves with the next event DEVICE_DELETED of this device. */
  deleted(id: string): Promise<void>
}

/** https://www.qemu.org/docs/master/interop/qmp-spec.html: a JSON document per line, answers in the order of the commands. */
function speakMonitor(socket: Socket): Monitor {
  const pending: PromiseWithResolvers<void>[] = []
  const leaving = new Map<string, PromiseWithResolvers<void>>()
  createInterface({ input: socket }).on('line', (line) => {
    const message: Message = JSON.parse(line)
    if (message.error !== undefined) pending.shift()?.reject(new Error(message.error.desc))
    else if ('return' in message) pending.shift()?.resolve()
    else if (message.event === 'DEVICE_DELETED') leaving.get(message.data?.device ?? '')?.resolve()
  })
  let lost = new Error('The monitor was closed')
  socket.on('error', (error) => {
    lost = error
  })
  socket.on('close', () => {
    for (const each of [...pending.splice(0), ...leaving.values()]) each.reject(lost)
  })
  return {
    monitor(execute, args) {
      const answer = Promise.withResolvers<void>()
      pending.push(answer)
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
      return answer.promise
    },
    async deleted(id) {
      const gone = Promise.withResolvers<void>()
      leaving.set(id, gone)
      await gone.promise
      leaving.delete(id)
    },
  }
}

interface Message {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
  readonly event?: string
  readonly data?: { readonly device?: string }
}
