// On one media file: what is quick enough to do at once.

import type { ActionHandlers, FileSystemFileHandle } from 'plugbay/sdk'
import { fileIn, folderAt } from '../storage/media.ts'
import { type MediaFile, objectOf } from '../storage/objects.ts'

const MAX_SIGNED = 16_000_000

export const rename: ActionHandlers = {
  check: (args, _env, ctx) => {
    const { name: before } = objectOf<MediaFile>(ctx)
    const name = String(args.name).normalize().trim().replace(/\s+/g, ' ')
    const ending = endingOf(before)
    const problem = /[/\\]/.test(name)
      ? ctx.t('problem.slash')
      : name.startsWith('.')
        ? ctx.t('problem.dot')
        : name === before
          ? ctx.t('problem.same')
          : args.changeType !== true && endingOf(name) !== ending
            ? ctx.t('problem.ending', { ending })
            : undefined
    return problem === undefined
      ? { args: { ...args, name } }
      : { problems: [{ field: 'name', message: problem }] }
  },
  run: async (args, _env, ctx) => {
    const { name: before, folder: address } = objectOf<MediaFile>(ctx)
    const name = String(args.name)
    const folder = await folderAt(ctx, address)
    // Where the drive does not tell spellings apart, it may be the same file.
    const taken = await fileIn(folder, name)
    const file = await folder.getFileHandle(before)
    if (taken !== undefined && !(await taken.isSameEntry(file))) return ctx.t('said.taken', { name })
    await file.move(name)
    return ctx.t('said.renamed', { name })
  },
}

export const sign: ActionHandlers = {
  ready: (_env, ctx) => objectOf<MediaFile>(ctx).bytes <= MAX_SIGNED || ctx.t('ready.tooLarge'),
  // It is done here, not in a task: arguments of tasks are stored, and a passphrase must not be.
  run: async ({ passphrase }, _env, ctx) => {
    const { name, folder: address } = objectOf<MediaFile>(ctx)
    const folder = await folderAt(ctx, address)
    const signature = await signatureOf(await folder.getFileHandle(name), String(passphrase))
    const target = await folder.getFileHandle(`${name}.hmac`, { create: true })
    const writable = await target.createWritable()
    await writable.write(`${signature}  ${name}\n`)
    await writable.close()
    return ctx.t('said.signed', { name: `${name}.hmac` })
  },
}

/** HMAC-SHA-256 in hexadecimal digits. */
async function signatureOf(file: FileSystemFileHandle, passphrase: string): Promise<string> {
  const secret = new TextEncoder().encode(passphrase)
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const bytes = await (await file.getFile()).arrayBuffer()
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes)).toHex()
}

/** ".png"; empty without one. */
function endingOf(name: string): string {
  return /\.[^.]+$/.exec(name)?.[0].toLowerCase() ?? ''
}
