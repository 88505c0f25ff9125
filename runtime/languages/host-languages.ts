// The languages of this runtime: those of the host, else those of the config.

import type { Config } from '../config/config.ts'
import { type LanguageChoice, Languages } from './languages.ts'

/** @param chosen the host's declaration; undefined when it names none */
export function languagesOf(
  chosen: LanguageChoice | undefined,
  { languages }: Pick<Config, 'languages'>,
): Languages {
  return new Languages(chosen ?? { available: languages, default: languages[0] ?? 'en' })
}
