// The state of a plugin as a word and a colour, with an explanation on hover.

import { Badge, Loader, Tooltip } from '@mantine/core'
import type { PluginState } from '../../../../sdk/api/plugins.ts'

interface StateWords {
  readonly label: string
  readonly color: string
  readonly sentence: string
}

const STATES: Readonly<Record<PluginState, StateWords>> = {
  disabled: {
    label: 'Disabled',
    color: 'gray',
    sentence: 'It does not run and its pages answer "not found"',
  },
  'waiting-approval': {
    label: 'Waiting for approval',
    color: 'violet',
    sentence: 'A release waits for approval, or for settings',
  },
  idle: { label: 'Ready', color: 'teal', sentence: 'It starts with the next request' },
  starting: { label: 'Starting', color: 'blue', sentence: 'It is being started' },
  running: { label: 'Running', color: 'green', sentence: 'It runs now' },
  misconfigured: { label: 'Needs settings', color: 'orange', sentence: 'A setting is missing or not valid' },
  failed: { label: 'Failed', color: 'red', sentence: 'It could not be started' },
  quarantined: { label: 'Quarantined', color: 'red', sentence: 'It failed too often and was stopped' },
}

export function stateWords(state: PluginState): StateWords {
  // A newer server may have states that this page does not know.
  return STATES[state] ?? { label: state, color: 'gray', sentence: 'This page does not know this state' }
}

export function StateBadge({ state }: { readonly state: PluginState }) {
  const words = stateWords(state)
  return (
    <Tooltip label={words.sentence}>
      <Badge
        variant="light"
        color={words.color}
        tt="none"
        data-state={state}
        leftSection={state === 'starting' ? <Loader size={10} color={words.color} /> : <Dot />}
      >
        {words.label}
      </Badge>
    </Tooltip>
  )
}

function Dot() {
  return (
    <svg width={7} height={7} viewBox="0 0 8 8" aria-hidden="true">
      <circle cx={4} cy={4} r={4} fill="currentColor" />
    </svg>
  )
}
