// The guest call of a patch: one plugin gives the text for a place in templates.
// Invariant: the result is hostile: only a text of bounded length counts.

import { randomUUID } from 'node:crypto'
import { MAX_PATCH } from '../../sdk/manifest/patch-text.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget } from './call-guest.ts'

type PatchOutcome =
  | { readonly ok: true; readonly text: string }
  | Extract<GuestCallOutcome, { readonly ok: false }>

/** Never rejects. A failure of the plugin is in its log. */
export async function callPatch(
  target: GuestCallTarget,
  point: string,
  values: Readonly<Record<string, unknown>>,
): Promise<PatchOutcome> {
  const requestId = `patch-${randomUUID().slice(0, 8)}`
  const outcome = await callGuest(target, 'patch.render', {
    handler: point,
    args: [values],
    user: null,
    requestId,
  })
  if (!outcome.ok) return outcome
  if (typeof outcome.value === 'string' && outcome.value.length <= MAX_PATCH)
    return { ok: true, text: outcome.value }
  const message = `The handler "patches.${point}" gave no text of at most ${MAX_PATCH} characters`
  target.reportError({ code: 'GUEST_ERROR', name: 'PatchError', message }, requestId)
  return { ok: false, code: 'VALUE_INVALID', message }
}
