// plugbay dev: a runtime of its own for one plugin, whose folder it watches. Saved files are live at once.
// Invariant: nothing is written outside `<folder>/.plugbay`, except the types of a plugin that TypeScript checks (plugbay-env.d.ts).

import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Installation } from '../sdk/api/plugins.ts'
import { createApp } from './app.ts'
import type { ServedArtifact } from './contributions/live-plugin.ts'
import { createBuilds } from './dev/build-queue.ts'
import { makeDataFolder, resetDataFolder } from './dev/data-folder.ts'
import type { DevEvent, DevOptions, DevServer } from './dev/dev-events.ts'
import { createDevPaths } from './dev/dev-paths.ts'
import { DevSession } from './dev/dev-session.ts'
import { EnvFile } from './dev/env-file.ts'
import { refreshTypes } from './dev/env-types.ts'
import { idIn } from './dev/manifest-id.ts'
import { PageEvents } from './dev/page-events.ts'
import { Seed } from './dev/seed.ts'
import { createSettingsReport } from './dev/settings-report.ts'
import { DEVELOPER } from './dev/visitor.ts'
import { watchWithVite } from './dev/vite-watch.ts'
import { watchFolder } from './dev/watch-folder.ts'
import { PlugbayError } from './errors.ts'
import type { Listening } from './http/server/node-server.ts'
import { isPlainLoopback } from './http/server/request-source.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import { folderSource, readableFolders } from './samples/folder-source.ts'

export type { DevEvent, DevOptions, DevServer } from './dev/dev-events.ts'

const FIRST_PORT = 3000
const PORTS_TRIED = 100
/** Open responses would otherwise delay the exit. */
const DRAIN_MS = 2000

/**
 * Runs the plugin in `folder`. Problems of the plugin are events, not rejections.
 * Rejects with PORT_UNUSABLE, STORE_LOCKED (it runs already) or the error of the file system.
 */
export async function startDev(folder: string, options: DevOptions): Promise<DevServer> {
  const source = await folderSource(folder)
  const root = source.path
  if (options.reset === true) await resetDataFolder(root)
  const data = await makeDataFolder(root)
  const envFile = new EnvFile(root, options.environment ?? process.env)
  await envFile.read(await idIn(root))
  const { visitor = DEVELOPER } = options
  let seed: Seed | undefined
  const host = options.host ?? '127.0.0.1'
  const editorToken = isPlainLoopback(host) ? randomBytes(24).toString('base64url') : undefined
  const events = new PageEvents(editorToken)
  const closers: (() => Promise<void> | void)[] = [() => events.close()]
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  let address: Address | undefined
  /** Of the plugin that serves, once there is a runtime. */
  let servingArtifact: (id: string) => ServedArtifact | undefined = () => undefined
  try {
    const inspector =
      options.inspect === undefined ? undefined : await openDebugger(root, options.inspect.port)
    if (inspector !== undefined) closers.push(() => inspector.close())
    const runtime = await createRuntime({
      config: { data, host, logLevel: options.logLevel ?? 'warn' },
      packageFolders: readableFolders(source),
      environment: envFile.variables,
      authenticate: async (_request, purpose) =>
        purpose.for !== 'visit' ? null : seed?.isAsking === true ? DEVELOPER : visitor,
      dev: {
        paths: createDevPaths({
          ...{ folder: root, events, editorToken, addressOf: () => address },
          frontendOf: () => servingArtifact(address?.id ?? '')?.frontend?.root ?? 'frontend',
          onPageFailure: (problem) => options.onEvent({ event: 'problem', problems: [problem] }),
          onEditorFailure: (message) => options.onEvent({ event: 'log', level: 'warn', message }),
        }),
        inspector,
      },
    })
    closers.push(() => runtime.close())
    servingArtifact = (id) => {
      const found = runtime.live.get(id)
      return found?.kind === 'serving' ? found.artifact : undefined
    }
    const { fetch } = createApp(runtime)
    if (options.seed !== undefined)
      seed = new Seed({ file: options.seed, data, app: (request) => fetch(request) })
    const session = new DevSession({
      source,
      plugins: runtime.plugins,
      events,
      serving: servingArtifact,
      onEvent: options.onEvent,
    })
    closers.push(() => session.close())
    /** Called again when a manifest can finally be read and has another id. */
    const reportReady = (port: number, installation: Installation | undefined): void => {
      const id = session.id ?? idLike(basename(root))
      if (id === address?.id) return
      address = { id, url: pageAddress(id, port, installation) }
      const adminUrl = `http://localhost:${port}/admin/#code=${runtime.adminCode()}`
      options.onEvent({
        event: 'ready',
        ...address,
        adminUrl,
        ...(inspector !== undefined && { inspectUrl: inspector.url }),
      })
    }
    const reportSettings = createSettingsReport(runtime.plugins, options.onEvent)
    let port: number | undefined
    const keepTypes = async () => {
      try {
        await refreshTypes(root, { host: runtime.host, points: runtime.points.list() })
      } catch (error) {
        const message = `The types of the plugin could not be written: ${String(error)}`
        options.onEvent({ event: 'log', level: 'warn', message })
      }
    }
    /** Once the plugin serves; what fails is told, and tried again with the next save. */
    const sow = async (installation: Installation | undefined) => {
      if (seed === undefined || installation === undefined || !SERVES.has(installation.state)) return
      try {
        if (await seed.run(installation.id))
          options.onEvent(seedLog('info', `The plugin was filled by ${options.seed}`))
      } catch (error) {
        options.onEvent(
          seedLog(
            'error',
            `The seed failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          ),
        )
      }
    }
    const builds = createBuilds(async (build) => {
      await keepTypes()
      const hasOtherSettings = await envFile.read(await idIn(root))
      const before = await session.build(build)
      const installation = hasOtherSettings && before ? await session.restart(before) : before
      await reportSettings()
      await sow(installation)
      if (port !== undefined) reportReady(port, installation)
    })
    const vite = await watchWithVite(root, options.onEvent)
    if (vite !== undefined) closers.push(() => vite.close())
    // Before the first build, so that no save is missed.
    const watcher = await watchFolder(root, {
      ...(source.roots !== undefined && { roots: source.roots }),
      onChange: builds.request,
      onError: (error) => options.onEvent(watchFailure(error)),
    })
    closers.push(async () => {
      await watcher.close()
      await builds.close()
    })
    await keepTypes()
    const installation = await session.start()
    await reportSettings()
    await sow(installation)
    const home = (): string => `/plugins/${address?.id}/`
    const listening = await listenSomewhere(runtime, options, home)
    closers.push(() => listening.close(DRAIN_MS))
    // Open streams would keep the listener from closing.
    closers.push(() => events.close())
    port = listening.port
    reportReady(port, installation)
    return { close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Its server, and the library of that, are loaded only when they are asked for. */
async function openDebugger(root: string, port: number | undefined) {
  const { openInspector } = await import('./dev/inspector/inspector-server.ts')
  return await openInspector({ port, sources: `${pathToFileURL(root)}/`, name: basename(root) })
}

const SERVES: ReadonlySet<string> = new Set(['running', 'idle', 'starting'])

function seedLog(level: 'info' | 'error', message: string): DevEvent {
  return { event: 'log', level, message }
}

interface Address {
  readonly id: string
  readonly url: string
}

async function listenSomewhere(
  runtime: Runtime,
  options: DevOptions,
  home: () => string,
): Promise<Listening> {
  const first = options.port ?? FIRST_PORT
  const last = options.port === undefined ? first + PORTS_TRIED : first
  for (let port = first; ; port++) {
    try {
      return await runtime.http.listen({ port, home })
    } catch (error) {
      const taken = error instanceof PlugbayError && error.code === 'PORT_UNUSABLE'
      if (!taken || port === last) throw error
    }
  }
}

/** On its own origin; by way of ours when it requires sign-in, because only that way issues a ticket. */
function pageAddress(id: string, port: number, installation: Installation | undefined): string {
  const gated = installation !== undefined && installation.access !== 'public'
  const base = gated ? `http://localhost:${port}/plugins/${id}/` : `http://${id}.localhost:${port}/`
  const page = installation === undefined || installation.urls.page !== null
  return page ? base : `${base}api/`
}

/** Replaces an id that is not known yet. */
function idLike(name: string): string {
  const id = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return /^[a-z][a-z0-9-]{1,62}$/.test(id) ? id : 'plugin'
}

function watchFailure(error: unknown): DevEvent {
  const reason = error instanceof Error ? error.message : String(error)
  return { event: 'log', level: 'error', message: `A part of the folder cannot be watched: ${reason}` }
}
