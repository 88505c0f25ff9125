// Puts the web globals into a real isolate and runs code there.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ivm from 'isolated-vm'
import { exposeGc } from '../../../../runtime/isolate/expose-gc.ts'
import { createCompressionHost } from '../../../../runtime/isolate/host-functions/compression.ts'
import { createCryptoHost } from '../../../../runtime/isolate/host-functions/crypto.ts'
import { createDigestHost } from '../../../../runtime/isolate/host-functions/digests.ts'
import { createHostFunctions } from '../../../../runtime/isolate/host-functions/host-functions.ts'
import { PoolTurns } from '../../../../runtime/isolate/pool-turns.ts'

exposeGc()

const WEB_FOLDER = fileURLToPath(new URL('../../../../runtime/isolate/guest/web', import.meta.url))

/** Host functions arrive as arguments, as they do in the real guest; the internals go to the test only. */
const ENTRY = `
import { installWeb } from './install.ts'
export function boot(names, ...functions) {
  const host = { __proto__: null }
  for (const [index, name] of JSON.parse(names).entries()) host[name] = functions[index]
  return installWeb(globalThis, host)
}`

export interface LogLine {
  readonly level: string
  readonly text: string
}

export interface Guest extends Disposable {
  readonly logs: LogLine[]
  /** Calls of host functions so far, by name. */
  readonly calls: Map<string, number>
  /**
   * Runs the body of an async function in the isolate, with the internals as `web`, and returns a copy of its result.
   * `args` are copied in as `args`.
   */
  run(code: string, ...args: unknown[]): Promise<unknown>
  /** As run(), without waiting: for timings and for code that must end in the same turn. */
  runSync(code: string, ...args: unknown[]): unknown
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
}

/** The bundle of the web globals as one classic script, as the real guest is built. */
export async function buildWeb(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: WEB_FOLDER, loader: 'js' },
    bundle: true,
    write: false,
    tsconfigRaw: { compilerOptions: { strict: true } }, // "use strict", as the guest's own tsconfig gives it
    format: 'iife',
    globalName: 'guest',
    target: 'esnext',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('The bundle is empty')
  return `(function () { ${file.text}\nreturn guest.boot })()\n`
}

interface Internals {
  fireTimer(id: number): void
  hostResult(id: number, head: string, body: ArrayBuffer | undefined): void
}

/** An isolate with the web globals; timers are real. */
export function createGuest(code: string, memoryLimit = 128): Guest {
  const isolate = new ivm.Isolate({ memoryLimit })
  const context = isolate.createContextSync()
  const logs: LogLine[] = []
  const calls = new Map<string, number>()
  const timers = new Map<number, NodeJS.Timeout>()
  // Queued behind the run that is under way: a synchronous call from here may enter the isolate while that run waits for
  // one of the functions below, and a timer would be due before its owner listens.
  const later = (delivery: Promise<unknown>) => {
    delivery.catch((error: unknown) => {
      if (!isolate.isDisposed) throw error
    })
  }
  const answer = (id: number, head: string, body: Uint8Array | undefined) => {
    later(deliver.apply(undefined, [id, head, body?.slice().buffer], { arguments: { copy: true } }))
  }
  const seat = new PoolTurns(4).seat({ threads: 4 })
  const crypto = createCryptoHost(answer, seat)
  const compression = createCompressionHost(answer, seat)
  const digests = createDigestHost()
  const host: Record<string, (...args: never[]) => unknown> = {
    ...createHostFunctions(),
    startCrypto: crypto.start,
    dropKeys: crypto.dropKeys,
    updateDigest: digests.update,
    finishDigest: digests.finish,
    dropDigests: digests.drop,
    startCompression: compression.start,
    dropCompressions: compression.drop,
    startTimer: (id: number, ms: number) => {
      timers.set(
        id,
        setTimeout(() => later(fire.apply(undefined, [id])), ms),
      )
    },
    stopTimer: (id: number) => {
      clearTimeout(timers.get(id))
      timers.delete(id)
    },
    log: (level: string, text: string) => {
      logs.push({ level, text })
    },
  }
  const names = Object.keys(host)
  const counted = names.map((name) => {
    const call = host[name] as (...args: unknown[]) => unknown
    return new ivm.Callback((...args: unknown[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1)
      return call(...args)
    })
  })
  const boot: ivm.Reference<(...args: unknown[]) => Internals> = isolate
    .compileScriptSync(code)
    .runSync(context, { reference: true })
  const web = boot.applySync(undefined, [JSON.stringify(names), ...counted], { result: { reference: true } })
  const fire = web.getSync('fireTimer', { reference: true })
  const deliver = web.getSync('hostResult', { reference: true })

  function compile(kind: 'async ' | '', body: string, args: readonly unknown[]): [string, unknown[]] {
    const source = `const web = $0; const args = $1; return (${kind}() => { ${body} })()`
    return [source, [web.derefInto(), new ivm.ExternalCopy(args).copyInto()]]
  }

  return {
    logs,
    calls,
    isolate,
    context,
    async run(body, ...args) {
      const [source, values] = compile('async ', body, args)
      return await context.evalClosure(source, values, { result: { promise: true, copy: true } })
    },
    runSync(body, ...args) {
      const [source, values] = compile('', body, args)
      return context.evalClosureSync(source, values, { result: { copy: true } })
    },
    [Symbol.dispose]() {
      for (const timer of timers.values()) clearTimeout(timer)
      isolate.dispose()
    },
  }
}
