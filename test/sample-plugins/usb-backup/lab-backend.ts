// The drives of usb-backup without its tasks: backs up the data of the host, or the snapshot that it is sent, and answers with the tar of one.
// The sandbox runs it, bundled, in place of the plugin's own backend.

import { BackupFolder } from '../../../sample-plugins/usb-backup/backend/drive/backup-folder.ts'
import { checkDrive } from '../../../sample-plugins/usb-backup/backend/drive/check-drive.ts'
import { restoreStream } from '../../../sample-plugins/usb-backup/backend/drive/restore-stream.ts'
import { takeBackup } from '../../../sample-plugins/usb-backup/backend/drive/take-backup.ts'
import { tidy } from '../../../sample-plugins/usb-backup/backend/drive/tidy.ts'
import { lockKey, makeKey } from '../../../sample-plugins/usb-backup/backend/format/passphrase.ts'
import type { SealHead } from '../../../sample-plugins/usb-backup/backend/format/seal.ts'
import { packOf, snapshotOf } from '../../../sample-plugins/usb-backup/backend/host-data.ts'
import type { Env } from '../../../sdk/index.ts'

export const lab = {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const identity = searchParams.get('identity') ?? undefined
    const [volume] = await env.volumes.list()
    const folder = await BackupFolder.create(await env.volumes.open(volume?.id ?? ''))
    const { signal } = request
    try {
      if (pathname === '/backup') {
        let total = 0
        await folder.writeRestoreScript()
        const cut = searchParams.get('cut')?.split(',').map(Number)
        const source = {
          async open(known: Uint8Array<ArrayBuffer>) {
            const sections = await snapshotOf(env, [], known)
            return cut === undefined ? sections : sections.pipeThrough(cutOff(cut[0] ?? 0, cut[1] ?? 0))
          },
          pack: (name: string, seal: SealHead | undefined) => packOf(env, name, seal),
        }
        const manifest = await takeBackup(folder, source, {
          recipient: searchParams.get('recipient'),
          at: new Date(searchParams.get('at') ?? Date.now()),
          signal,
          spend: () => Promise.resolve(),
          count: (bytes) => {
            total += bytes
          },
        })
        return Response.json({ ...manifest, total })
      }
      if (pathname === '/restore') {
        const manifest = await folder.readSnapshot(searchParams.get('id') ?? '')
        if (manifest === undefined) return new Response('no such snapshot', { status: 404 })
        const sources = new Set(manifest.sources.map(({ name }) => name))
        const count = () => undefined
        return new Response(restoreStream(folder, manifest, { identity, sources, count, signal }))
      }
      if (pathname === '/check')
        return Response.json(
          await checkDrive(folder, {
            signal,
            identityOf: () => Promise.resolve(identity),
            ...{ begun: () => undefined, count: () => undefined, spend: () => Promise.resolve() },
          }),
        )
      if (pathname === '/key') {
        const key = await makeKey()
        await folder.writeKey(key.recipient, await lockKey(key, searchParams.get('passphrase') ?? ''))
        return Response.json(key)
      }
      const retention = await request.json()
      return Response.json(await tidy(folder, { retention, identityOf: () => identity, signal }))
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      return Response.json({ name, message, stack: (error as Error).stack }, { status: 500 })
    }
  },
}

/** Ends the stream within a line. @param lines that are whole @param bytes of the next one */
function cutOff(lines: number, bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let ends = 0
  let more = 0
  return new TransformStream({
    transform(chunk, controller) {
      let length = 0
      for (; length < chunk.byteLength && (ends < lines || more < bytes); length++)
        if (ends === lines) more++
        else if (chunk[length] === 10) ends++
      controller.enqueue(chunk.subarray(0, length))
      if (ends === lines && more === bytes) controller.terminate()
    },
  })
}
