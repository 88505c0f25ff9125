// Large results as a plugin reads them: statement.iterate(), through the sandbox, the wall and a cursor of a data process.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import type { Runtime } from '../../../../runtime/runtime.ts'
import { backendOf, install, liveOf, send, startTestRuntime, until } from '../../../support/runtime.ts'
import { sharedScope } from '../../../support/scope.ts'

/** Runs the text of the request in the guest. */
const EVALUATE = backendOf(
  `
  const run = new Function('env', 'kept', 'return (async () => {' + await request.text() + '})()')
  try {
    return Response.json({ value: await run(env, kept) })
  } catch (error) {
    return Response.json({ message: error.message, code: error.code ?? null }, { status: 418 })
  }`,
  'const kept = []',
)
const MANIFEST = { permissions: { database: true }, limits: { cpuMs: 5000 } }

for (const [title, maxProcesses] of [
  ['a process of its own', 8],
  ['a shared process', 0],
] as const)
  describe(`statement.iterate() in ${title}`, () => {
    const scope = sharedScope()
    let runtime: Runtime
    const open = () => liveOf(runtime, 'sql').runner.spec.meter.handles.cursor
    async function run(code: string): Promise<unknown> {
      const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/sql/api/', {
        method: 'POST',
        body: code,
      })
      const answer = (await response.json()) as { value?: unknown; message?: string; code?: string }
      if (response.status === 200) return answer.value
      throw Object.assign(new Error(answer.message), { code: answer.code })
    }
    before(async () => {
      runtime = await startTestRuntime(scope, { config: { sandbox: { maxProcesses } } })
      await install(runtime, { id: 'sql', backend: EVALUATE, manifest: MANIFEST })
      await run(`
        await env.db.batch([
          env.db.prepare('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, bytes BLOB)'),
          env.db.prepare('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 50000) INSERT INTO note SELECT x, hex(randomblob(100)), randomblob(4) FROM c'),
        ])`)
    })

    it('streams more than a call may return, as objects, with values bound', async () => {
      await assert.rejects(run(`return (await env.db.prepare('SELECT * FROM note').all()).results.length`), {
        code: 'QUOTA_EXCEEDED',
      })
      assert.deepEqual(
        await run(`
          let rows = 0, sum = 0, bytes = 0, last
          for await (const row of env.db.prepare('SELECT * FROM note WHERE id > ? ORDER BY id').bind(10).iterate()) {
            rows++; sum += row.id; bytes += row.text.length + row.bytes.byteLength; last = row
          }
          return { rows, sum, bytes, keys: Object.keys(last), type: last.bytes instanceof ArrayBuffer }`),
        { rows: 49_990, sum: 1_250_024_945, bytes: 49_990 * 204, keys: ['id', 'text', 'bytes'], type: true },
      )
      assert.equal(open(), 0)
    })

    it('keeps nothing open for what fits one batch, and for no rows', async () => {
      assert.deepEqual(
        await run(`
          const found = []
          for await (const row of env.db.prepare('SELECT id FROM note WHERE id < 3').iterate()) found.push(row)
          for await (const row of env.db.prepare('SELECT id FROM note WHERE id < 0').iterate()) found.push(row)
          return found`),
        [{ id: 1 }, { id: 2 }],
      )
      assert.equal(open(), 0)
    })

    it('is closed when the loop is left by break, return or an error', async () => {
      assert.deepEqual(
        await run(`
          const rows = () => env.db.prepare('SELECT * FROM note').iterate()
          let seen = 0
          for await (const row of rows()) if (++seen === 5) break
          await (async () => { for await (const row of rows()) return row })()
          try { for await (const row of rows()) throw new Error('mine') } catch (error) { seen += error.message }
          const by = rows()
          await by.next()
          await by.return()
          return [seen, await by.next()]`),
        ['5mine', { done: true }],
      )
      assert.equal(open(), 0)
    })

    it('fails where the statement does, and for one that writes', async () => {
      const each = (sql: string) =>
        run(`for await (const row of env.db.prepare(${JSON.stringify(sql)}).iterate()) ;`)
      await assert.rejects(each('SELECT missing FROM note'), {
        code: 'DATABASE_ERROR',
        message: /no such column/,
      })
      await assert.rejects(each('DELETE FROM note'), { code: 'DATABASE_ERROR', message: /iterate\(\) reads/ })
      await assert.rejects(each("SELECT CASE id WHEN 40000 THEN json('{') ELSE text END FROM note"), {
        code: 'DATABASE_ERROR',
        message: /malformed JSON/,
      })
      assert.equal(open(), 0)
    })

    it('reads one moment, whatever the loop itself writes', async () => {
      assert.equal(
        await run(`
          let rows = 0
          for await (const row of env.db.prepare('SELECT id FROM note').iterate()) {
            if (rows++ === 0) await env.db.prepare('DELETE FROM note WHERE id > 40000').run()
          }
          return rows`),
        50_000,
      )
    })

    it('has a cap of loops under way, and says so', async () => {
      await assert.rejects(
        run(`
          for (let n = 0; n < 9; n++) {
            const rows = env.db.prepare('SELECT * FROM note').iterate()
            kept.push(rows)
            await rows.next()
          }`),
        { code: 'QUOTA_EXCEEDED', message: 'More than 8 cursors of env.db at once' },
      )
      assert.equal(open(), 8)
      await run(`for (const rows of kept.splice(0)) await rows.return()`)
      assert.equal(open(), 0)
    })

    it('is closed with its instance: by a reload, and when the grant is gone', async () => {
      const keep = `const rows = env.db.prepare('SELECT * FROM note').iterate(); kept.push(rows); await rows.next()`
      const { meter } = liveOf(runtime, 'sql').runner.spec
      await run(keep)
      assert.equal(meter.handles.cursor, 1)
      assert.equal((await send(runtime, 'POST', '/plugins/sql/reload')).status, 200)
      await until('the old instance has ended', () => meter.handles.cursor === 0)
      await run(keep)
      assert.equal((await send(runtime, 'PUT', '/plugins/sql/grants', {})).status, 200)
      await until('the instance with the grant has ended', () => meter.handles.cursor === 0)
      assert.equal(await run('return env.has("database")'), false)
    })
  })
