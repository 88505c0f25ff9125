// How a call has ended: the status of a response, with the code of an error.

import { Badge } from '@mantine/core'
import type { RecordedCall } from '../../../../../sdk/api/recordings.ts'
import { t } from '../../languages/text.ts'

export function isFailed({ outcome, status = null, hostCalls = [] }: Ended): boolean {
  const isBad = outcome !== 'ok' && outcome !== 'running'
  return isBad || (status !== null && status >= 400) || hostCalls.some((call) => isFailed(call))
}

interface Ended extends Pick<RecordedCall, 'outcome'> {
  readonly status?: number | null
  readonly hostCalls?: RecordedCall['hostCalls']
}

export function OutcomeBadge({ outcome, status = null }: Ended) {
  const [color, label] = look(outcome, status)
  return (
    <Badge variant="light" color={color} tt="none" radius="sm" dir="ltr">
      {label}
    </Badge>
  )
}

function look(outcome: string, status: number | null): readonly [color: string, label: string] {
  if (outcome === 'running') return ['cyan', t('Running')]
  if (outcome !== 'ok') return ['red', status === null ? outcome : `${status} ${outcome}`]
  if (status === null) return ['teal', t('Good')]
  return [status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'teal', String(status)]
}
