// The plugin half of the stand-in.

import AdmZip from 'adm-zip'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { InspectReport, Installation } from '../../../runtime/lifecycle/plugins.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import type { Problem } from '../../../sdk/protocol/problem.ts'
import { problem } from './problem.ts'
import { evidence, installation, type StandInPlugin, type StandInState } from './state.ts'

interface ManifestOfTest {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly permissions?: Permissions
  readonly contributes?: unknown
}

const SYNTAX_ERROR: Problem = {
  code: 'SYNTAX_ERROR',
  message: 'Expected ")" but found "}"',
  hint: 'Correct the code at the place that the problem names',
  file: 'backend/index.ts',
  line: 3,
  column: 5,
  frame: '  1 | export default {\n  2 |   fetch(request) {\n> 3 |     }\n    |     ^\n  4 | }',
}

export function pluginRoutes(state: StandInState): Hono {
  const app = new Hono()
  app.post('/packages/inspect', async (c) => c.json(inspect(state, await c.req.arrayBuffer())))
  app.post('/plugins', async (c) => {
    const report = inspect(state, await c.req.arrayBuffer())
    const manifest = report.manifest as ManifestOfTest
    const before = state.plugins.get(manifest.id)?.installation
    const isOlder = before?.version !== undefined && (before.version ?? '') > manifest.version
    if (isOlder && c.req.query('downgrade') !== 'true') return problem('DOWNGRADE')
    const enabled = c.req.query('enable') !== 'false' && (before?.enabled ?? true)
    const grants = c.req.query('grant') === 'none' ? {} : (manifest.permissions ?? {})
    const now = {
      ...installation(manifest),
      grants,
      enabled,
      state: enabled ? 'idle' : 'disabled',
    } satisfies Installation
    const kept = (before?.releases ?? []).map((release) => ({ ...release, active: false }))
    if (!before) state.add(now)
    return c.json(state.change(now.id, { ...now, releases: [...now.releases, ...kept] }), before ? 200 : 201)
  })
  app.get('/plugins', (c) =>
    c.json({ items: [...state.plugins.values()].map((p) => p.installation), nextCursor: null }),
  )

  const plugin = new Hono<{ Variables: { plugin: StandInPlugin; id: string } }>()
  plugin.use('/:id/*', async (c, next) => {
    const found = state.plugins.get(c.req.param('id') ?? '')
    if (!found) return problem('PLUGIN_UNKNOWN')
    c.set('plugin', found)
    c.set('id', found.installation.id)
    return next()
  })
  plugin.get('/:id', (c) => c.json(c.var.plugin.installation))
  plugin.delete('/:id', (c) => {
    state.remove(c.var.id)
    return c.body(null, 204)
  })
  plugin.post('/:id/enable', (c) => c.json(state.change(c.var.id, { enabled: true, state: 'idle' })))
  plugin.post('/:id/disable', (c) => c.json(state.change(c.var.id, { enabled: false, state: 'disabled' })))
  plugin.post('/:id/reload', (c) => c.json(state.change(c.var.id, { state: 'running' })))
  plugin.post('/:id/retry', (c) => c.json(state.change(c.var.id, { state: 'running', problem: null })))
  plugin.post('/:id/rollback', async (c) => {
    const { version }: { version?: string } = await c.req.json()
    const { releases } = c.var.plugin.installation
    const to = releases.find((release) => (version ? release.version === version : !release.active))
    if (!to) return problem('STATE_CONFLICT')
    const next = releases.map((release) => ({ ...release, active: release === to }))
    return c.json(state.change(c.var.id, { version: to.version, releases: next }))
  })
  plugin.put('/:id/grants', async (c) => {
    const grants: Permissions = await c.req.json()
    const current = c.var.plugin.installation
    const waits = current.state === 'waiting-approval'
    return c.json(
      state.change(c.var.id, { grants, candidate: null, ...(waits ? { state: 'idle' as const } : {}) }),
    )
  })
  plugin.put('/:id/access', async (c) => {
    const access = (await c.req.json()) ?? 'user'
    if (access === 'public') return problem('GRANT_TOO_WIDE')
    return c.json(state.change(c.var.id, { access }))
  })
  plugin.get('/:id/evidence', (c) => {
    const { installation: current, log } = c.var.plugin
    return current.state === 'quarantined' ? c.json(evidence(current, log)) : problem('NOT_FOUND')
  })
  plugin.get('/:id/settings', (c) => c.json(c.var.plugin.settings))
  plugin.patch('/:id/settings', async (c) => {
    const values: Record<string, unknown> = await c.req.json()
    if (values.port === 99999)
      return problem('SETTINGS_INVALID', [
        { code: 'SETTINGS_INVALID', message: '"port" must be at most 65535', pointer: '/port' },
      ])
    for (const [key, value] of Object.entries(values)) {
      const before = c.var.plugin.settings[key]
      const schema = (before?.schema ?? {}) as { default?: unknown; format?: string }
      const shown = schema.format === 'secret' ? null : (value ?? schema.default ?? null)
      c.var.plugin.settings[key] = { schema, value: shown, source: value === null ? 'default' : 'stored' }
    }
    return c.json(c.var.plugin.settings)
  })
  plugin.get('/:id/logs', (c) => {
    const { log } = c.var.plugin
    if (!c.req.header('accept')?.includes('text/event-stream'))
      return c.json({ items: log.toReversed(), nextCursor: null })
    return streamSSE(c, async (stream) => {
      const stop = state.followLog(c.var.id, (line) => {
        void stream.writeSSE({ event: 'log', id: String(line.seq), data: JSON.stringify(line) })
      })
      stream.onAbort(stop)
      await stream.writeSSE({ event: 'hello', data: '{}' })
      await new Promise<void>((resolve) => stream.onAbort(resolve))
    })
  })
  app.route('/plugins', plugin)
  return app
}

/** Real zips with a real manifest.json; a backend that holds "syntax error" has one. */
function inspect(state: StandInState, bytes: ArrayBuffer): InspectReport {
  const nothing = { asked: {}, added: {}, removed: {} }
  const refused = {
    ok: false,
    manifest: null,
    warnings: [],
    notYetActive: [],
    sha256: null,
    permissions: nothing,
  }
  let zip: AdmZip
  try {
    zip = new AdmZip(Buffer.from(bytes))
  } catch {
    return {
      ...refused,
      problems: [
        {
          code: 'ARCHIVE_NOT_ZIP',
          message: 'The upload is not a zip archive',
          hint: 'Zip the plugin folder with any zip tool',
        },
      ],
    }
  }
  const manifest: ManifestOfTest = JSON.parse(zip.readAsText('manifest.json'))
  const bad = zip.readAsText('backend/index.ts').includes('syntax error')
  if (bad) return { ...refused, manifest, problems: [SYNTAX_ERROR] }
  const asked = manifest.permissions ?? {}
  const before = state.plugins.get(manifest.id)?.installation.permissions ?? {}
  return {
    ok: true,
    manifest,
    problems: [],
    warnings: [],
    notYetActive: manifest.contributes === undefined ? [] : ['contributes.menus'],
    sha256: 'b'.repeat(64),
    permissions: { asked, added: without(asked, before), removed: without(before, asked) },
  }
}

function without(a: Permissions, b: Permissions): Permissions {
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(a)) {
    const other: unknown = (b as Record<string, unknown>)[name]
    if (!Array.isArray(value) || !Array.isArray(other)) {
      if (other === undefined) rest[name] = value
      continue
    }
    const more = value.filter(
      (entry) => !other.some((known) => JSON.stringify(known) === JSON.stringify(entry)),
    )
    if (more.length > 0) rest[name] = more
  }
  return rest
}
