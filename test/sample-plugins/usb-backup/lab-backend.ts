// The drives of usb-backup without its tasks: backs up the data of the host, or the snapshot that it is sent, and answers with the tar of one.
// The sandbox runs it, bundled, in place of the plugin's own backend.

import { BackupFolder } from '../../../sample-plugins/usb-backup/backend/drive/backup-folder.ts'
import { checkDrive } from '../../../sample-plugins/usb-backup/backend/drive/check-drive.ts'
import { restoreStream } from '../../../sample-plugins/usb-backup/backend/drive/restore-stream.ts'
import { takeBackup } from '../../../sample-plugins/usb-backup/backend/drive/take-backup.ts'
import { tidy } from '../../../sample-plugins/usb-backup/backend/drive/tidy.ts'
import { lockKey, makeKey } from '../../../sample-plugins/usb-backup/backend/format/passphrase.ts'
import { snapshotOf } from '../../../sample-plugins/usb-backup/backend/host-data.ts'
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
        const { body } = request
        const open = async (known: Uint8Array<ArrayBuffer>) => body ?? (await snapshotOf(env, [], known))
        const manifest = await takeBackup(folder, open, {
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
      if (pathname === '/snapshot') return new Response(await snapshotOf(env, [], new Uint8Array(0)))
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
