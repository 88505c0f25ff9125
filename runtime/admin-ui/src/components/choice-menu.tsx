// A button with an icon that offers a few choices, one of which holds now: the list is the browser's own, so that it works with every
// keyboard, screen reader and telephone.

import { ActionIcon } from '@mantine/core'
import { Icon, type IconProps } from './icons.tsx'

export interface Choice<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly icon?: IconProps['name']
  /** Of the label, where it is not in the language of the page. */
  readonly lang?: string
}

export interface ChoiceMenuProps<Value extends string> {
  readonly label: string
  readonly icon: IconProps['name']
  readonly choices: readonly Choice<Value>[]
  readonly value: Value
  readonly choose: (value: Value) => void
}

export function ChoiceMenu<Value extends string>({ label, icon, ...menu }: ChoiceMenuProps<Value>) {
  const { choices, value, choose } = menu
  const pick = (picked: string) => {
    const choice = choices.find((each) => each.value === picked)
    if (choice !== undefined) choose(choice.value)
  }
  return (
    <ActionIcon component="span" variant="subtle" color="gray" size="lg" className="choice-menu">
      <Icon name={icon} />
      <select aria-label={label} title={label} value={value} onChange={(event) => pick(event.target.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} lang={choice.lang}>
            {choice.label}
          </option>
        ))}
      </select>
    </ActionIcon>
  )
}
