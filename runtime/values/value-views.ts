// Values as administrators see them: rendered, with their sources, owners and everyone who wanted them.
// Invariant: a secret, and what is made of one, is not in them.

import type { Value } from '../../sdk/api/values.ts'
import { createSecretMask } from '../secrets/secret-mask.ts'
import type { Candidate, LayeredValue } from './layers.ts'
import type { RenderedValues } from './render-values.ts'
import { mapTexts, textsOf } from './secret-values.ts'

export function valueViews(
  values: Iterable<LayeredValue>,
  { rendered, problems }: RenderedValues,
): readonly Value[] {
  const all = [...values]
  const secrets = all.flatMap(({ name, secrecy }) =>
    secrecy === 'secret' ? textsOf(rendered[name]).map((text) => [name, text] as const) : [],
  )
  // Who copies a secret in a way that its template does not tell shows its name at most.
  const mask = createSecretMask(new Map(secrets))
  const masked = (value: unknown) => mapTexts(value, (text) => mask(text))
  return all.map((layered) => {
    const { name, value, source, by, owner, secrecy, others } = layered
    const result = Object.hasOwn(rendered, name) ? rendered[name] : undefined
    const isOpen = secrecy === 'open'
    const isSame = JSON.stringify(result) === JSON.stringify(value)
    return {
      name,
      ...(isOpen && result !== undefined && { value: masked(result) }),
      ...(secrecy !== 'secret' && !isSame && { template: value }),
      ...{ source, by, owner, isSecret: !isOpen },
      others: others.map((each) => wantedView(each, secrecy !== 'secret')),
      problem: problems.get(name) ?? null,
    }
  })
}

function wantedView({ source, by, value }: Candidate, isShown: boolean): Value['others'][number] {
  return { source, by, ...(isShown && { template: value }) }
}
