// What a reader chooses of the look, on every page: colours and language.

import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { LANGUAGES, ownName } from '../languages/languages.ts'
import { chooseLanguage, language, t } from '../languages/text.ts'
import { type Choice, ChoiceMenu } from './choice-menu.tsx'

const SCHEMES: readonly Choice<MantineColorScheme>[] = [
  { value: 'light', label: t('Light'), icon: 'sun' },
  { value: 'dark', label: t('Dark'), icon: 'moon' },
  { value: 'auto', label: t('As the system'), icon: 'auto' },
]

export function ColorSchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const current = SCHEMES.find(({ value }) => value === colorScheme)
  return (
    <ChoiceMenu
      label={t('Colours')}
      icon={current?.icon ?? 'auto'}
      choices={SCHEMES}
      value={colorScheme}
      choose={setColorScheme}
    />
  )
}

export function LanguageMenu() {
  const choices = Object.keys(LANGUAGES).map((code) => ({ value: code, label: ownName(code), lang: code }))
  return (
    <ChoiceMenu
      label={t('Language')}
      icon="language"
      choices={choices}
      value={language}
      choose={chooseLanguage}
    />
  )
}
