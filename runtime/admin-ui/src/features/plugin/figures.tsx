// The main figures of a plugin, each with how it has changed since the page was opened.

import { Paper, SimpleGrid, Text } from '@mantine/core'
import type { Resources } from '../../../../../sdk/api/resources.ts'
import { Sparkline } from '../../components/sparkline.tsx'
import { number, t } from '../../languages/text.ts'
import type { Sample } from './use-history.ts'

export interface FiguresProps {
  readonly resources: Resources
  readonly history: readonly Sample[]
}

export function Figures({ resources, history }: FiguresProps) {
  const { memoryMb, cpuMs, cpuPercent, requests, errors, restarts } = resources
  const cpuTime =
    cpuMs < 10_000
      ? t('{value} ms', { value: number(cpuMs) })
      : t('{value} s', { value: number(cpuMs / 1000) })
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing={{ base: 'xs', sm: 'md' }} component="dl" m={0}>
      <Figure
        label={t('Memory')}
        value={t('{value} MB', { value: number(memoryMb) })}
        line={{ values: history.map((sample) => sample.memoryMb), least: 16 }}
      />
      <Figure
        label={t('CPU, last minute')}
        value={t('{value} %', { value: number(cpuPercent) })}
        more={cpuTime}
        line={{ values: history.map((sample) => sample.cpuPercent), least: 10 }}
      />
      <Figure
        label={t('Requests')}
        value={number(requests)}
        line={{ values: history.map((sample) => sample.requestsPerSecond), least: 1 }}
      />
      <Figure
        label={t('Errors')}
        value={number(errors)}
        bad={errors > 0}
        line={{ values: history.map((sample) => sample.errorsPerSecond), least: 1 }}
      />
      <Figure label={t('Restarts')} value={number(restarts)} bad={restarts > 0} />
    </SimpleGrid>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly more?: string
  readonly bad?: boolean
  readonly line?: { readonly values: readonly number[]; readonly least: number }
}

function Figure({ label, value, more, bad = false, line }: FigureProps) {
  return (
    <Paper withBorder p="sm">
      <Text size="xs" c="dimmed" component="dt">
        {label}
      </Text>
      <Text fw={600} size="lg" component="dd" m={0} {...(bad ? { c: 'red' } : {})}>
        <bdi>{value}</bdi>
        {more !== undefined && (
          <Text component="bdi" size="xs" c="dimmed" ms={6}>
            {more}
          </Text>
        )}
        {line !== undefined && <Sparkline {...line} />}
      </Text>
    </Paper>
  )
}
