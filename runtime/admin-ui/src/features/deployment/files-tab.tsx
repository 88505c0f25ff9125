// The files that templates are rendered to, with what a rendering would change, and the places that plugins patch.

import { Badge, Button, Code, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { PatchView, RenderedFile } from '../../../../../sdk/api/templates.ts'
import { asErrorDocument } from '../../api/client.ts'
import { DEPLOYMENT_KEY, patchesQuery, renderedFilesQuery, renderFiles } from '../../api/deployment.ts'
import { DiffBlock } from '../../components/diff-block.tsx'
import { ErrorText } from '../../components/error-text.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { plural, t, timeText } from '../../languages/text.ts'

export function FilesTab() {
  return (
    <Stack gap="lg">
      <Files />
      <Patches />
    </Stack>
  )
}

const STATES: Readonly<Record<RenderedFile['state'], { readonly color: string; readonly label: string }>> = {
  same: { color: 'gray', label: t('As it is') },
  added: { color: 'teal', label: t('Would be added') },
  changed: { color: 'yellow', label: t('Would change') },
  removed: { color: 'red', label: t('Would be removed') },
}

function Files() {
  const client = useQueryClient()
  const files = useQuery(renderedFilesQuery)
  const render = useMutation({
    mutationFn: renderFiles,
    onSuccess: ({ isWritten, changes, problems: [first] }) =>
      isWritten
        ? showSuccess(plural('One file has changed', '{count} files have changed', { count: changes.length }))
        : showError(new Error(first?.message ?? t('Nothing was rendered'))),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: DEPLOYMENT_KEY }),
  })
  if (files.isPending) return <Skeleton h={120} radius="md" />
  if (files.data === undefined)
    return (
      <Text c="dimmed" component="div">
        <ErrorText document={asErrorDocument(files.error)} />
      </Text>
    )
  const { items, problems, warnings, last } = files.data
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {last === null
            ? t('Nothing was rendered yet.')
            : t('Last rendered {time}', { time: timeText(last.at) })}
        </Text>
        <Only permission="plugins.manage">
          <Button loading={render.isPending} onClick={() => render.mutate()}>
            {t('Render now')}
          </Button>
        </Only>
      </Group>
      {problems.length > 0 && <ProblemList problems={problems} />}
      {warnings.length > 0 && <ProblemList problems={warnings} kind="warning" />}
      {items.map((file) => (
        <File key={file.path} file={file} />
      ))}
    </Stack>
  )
}

function File({ file: { path, owner, state, diff } }: { readonly file: RenderedFile }) {
  return (
    <Paper withBorder p="xs" data-file={path}>
      <Group gap="xs">
        <Code dir="ltr" className="long-value">
          {path}
        </Code>
        <Badge variant="light" color={STATES[state].color} tt="none">
          {STATES[state].label}
        </Badge>
        <Text size="xs" c="dimmed">
          {owner === 'host' ? t('of the application') : t('of {plugin}', { plugin: owner })}
        </Text>
      </Group>
      {diff !== null && <DiffBlock diff={diff} label={t('What would change in "{path}"', { path })} />}
    </Paper>
  )
}

function Patches() {
  const patches = useQuery(patchesQuery)
  if (patches.data === undefined || patches.data.length === 0) return null
  return (
    <Stack gap="sm" component="section" aria-labelledby="patches">
      <Title order={2} size="h4" id="patches">
        {t('Places that plugins add text to')}
      </Title>
      {patches.data.map((patch) => (
        <Patch key={patch.name} patch={patch} />
      ))}
    </Stack>
  )
}

function Patch({ patch: { name, uses, contributors } }: { readonly patch: PatchView }) {
  return (
    <Paper withBorder p="xs" data-patch={name}>
      <Group gap="xs">
        <Text fw={600} dir="ltr">
          {name}
        </Text>
        {uses.length === 0 && (
          <Badge variant="light" color="yellow" tt="none">
            {t('No template has it')}
          </Badge>
        )}
        {uses.map(({ file, patch, line }) => (
          <Code key={`${file} ${patch} ${line}`} dir="ltr">{`${file ?? patch}:${line}`}</Code>
        ))}
      </Group>
      {contributors.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('No plugin adds to it.')}
        </Text>
      )}
      {contributors.map(({ plugin, text }) => (
        <details key={plugin}>
          <summary>{plugin}</summary>
          {text === null ? (
            <Text size="sm">{t('A handler of the plugin gives the text.')}</Text>
          ) : (
            <Code block dir="ltr">
              {text}
            </Code>
          )}
        </details>
      ))}
    </Paper>
  )
}
