// The state of a plugin as a word and a colour, with an explanation on hover.

import { Badge, Loader } from '@mantine/core'
import type { PluginState } from '../../../../../sdk/api/plugins.ts'
import { t } from '../../languages/text.ts'

interface StateWords {
  readonly label: string
  readonly color: string
  readonly sentence: string
}

const STATES: Readonly<Record<PluginState, StateWords>> = {
  disabled: {
    label: t('Disabled'),
    color: 'gray',
    sentence: t('It does not run and its pages answer "not found"'),
  },
  'waiting-approval': {
    label: t('Waiting for approval'),
    color: 'violet',
    sentence: t('A release waits for approval, or for settings'),
  },
  idle: { label: t('Ready'), color: 'teal', sentence: t('It starts with the next request') },
  starting: { label: t('Starting'), color: 'blue', sentence: t('It is being started') },
  running: { label: t('Running'), color: 'green', sentence: t('It runs now') },
  misconfigured: {
    label: t('Needs settings'),
    color: 'orange',
    sentence: t('A setting is missing or not valid'),
  },
  failed: { label: t('Failed'), color: 'red', sentence: t('It could not be started') },
  quarantined: { label: t('Quarantined'), color: 'red', sentence: t('It failed too often and was stopped') },
}

export function stateWords(state: PluginState): StateWords {
  // A newer server may have states that this page does not know.
  return STATES[state] ?? { label: state, color: 'gray', sentence: t('This page does not know this state') }
}

export function StateBadge({ state }: { readonly state: PluginState }) {
  const words = stateWords(state)
  return (
    <Badge
      variant="light"
      color={words.color}
      tt="none"
      data-state={state}
      title={words.sentence}
      leftSection={state === 'starting' ? <Loader size={10} color={words.color} /> : <Dot />}
    >
      {words.label}
    </Badge>
  )
}

function Dot() {
  return (
    <svg width={7} height={7} viewBox="0 0 8 8" aria-hidden="true">
      <circle cx={4} cy={4} r={4} fill="currentColor" />
    </svg>
  )
}
