"""The GraphQL operations that read and change stored runs, by their names on the server."""

from __future__ import annotations

_RUN = """id name displayName state notes group jobType commit host sweepName tags createdAt heartbeatAt
      config summaryMetrics systemMetrics historyLineCount historyKeys readOnly user { name username }"""
_PAGE = "pageInfo { hasNextPage endCursor }"
_FIND_RUN = "project(name: $project, entityName: $entity) { run(name: $run)"
_RUN_VARIABLES = "$entity: String!, $project: String!, $run: String!"

READ_QUERIES = {
    "GetProjects": f"""query GetProjects($entity: String, $cursor: String, $perPage: Int!) {{
  models(entityName: $entity, after: $cursor, first: $perPage) {{
    edges {{ node {{ id name entityName createdAt }} cursor }} {_PAGE}
  }}
}}""",
    "GetProject": """query GetProject($entity: String!, $project: String!) {
  project(name: $project, entityName: $entity) { id name entityName createdAt }
}""",
    "Runs": f"""query Runs(
  $entity: String!, $project: String!, $cursor: String, $perPage: Int!, $order: String, $filters: JSONString
) {{
  project(name: $project, entityName: $entity) {{
    runCount(filters: $filters)
    runs(filters: $filters, after: $cursor, first: $perPage, order: $order) {{
      edges {{ node {{ {_RUN} }} cursor }} {_PAGE}
    }}
  }}
}}""",
    "Run": f"query Run({_RUN_VARIABLES}) {{ {_FIND_RUN} {{ {_RUN} }} }} }}",
    "RunFullHistory": f"""query RunFullHistory({_RUN_VARIABLES}, $samples: Int!) {{
  {_FIND_RUN} {{ history(samples: $samples) }} }}
}}""",
    "RunEvents": f"""query RunEvents({_RUN_VARIABLES}, $samples: Int!) {{
  {_FIND_RUN} {{ events(samples: $samples) }} }}
}}""",
    "RunSampledHistory": f"""query RunSampledHistory({_RUN_VARIABLES}, $specs: [JSONString!]!) {{
  {_FIND_RUN} {{ sampledHistory(specs: $specs) }} }}
}}""",
    "ListRunFiles": f"""query ListRunFiles(
  {_RUN_VARIABLES}, $names: [String], $cursor: String, $perPage: Int!, $pattern: String
) {{
  {_FIND_RUN} {{ files(names: $names, after: $cursor, first: $perPage, pattern: $pattern) {{
    edges {{ node {{ id name directUrl sizeBytes mimetype updatedAt md5 }} cursor }} {_PAGE}
  }} }} }}
}}""",
    "GetTeam": """query GetTeam($name: String!) {
  entity(name: $name) { name isTeam members { id name username email admin accountType } }
}""",
    "CreateInvite": """mutation CreateInvite($team: String!, $email: String, $username: String, $admin: Boolean) {
  createInvite(input: {entityName: $team, email: $email, username: $username, admin: $admin}) { invite { id } }
}""",
    "DeleteInvite": """mutation DeleteInvite($team: String!, $id: String!) {
  deleteInvite(input: {entityName: $team, id: $id}) { success }
}""",
    "DeleteRun": "mutation DeleteRun($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }",
    "StopRun": "mutation StopRun($id: ID!) { stopRun(input: {id: $id}) { success } }",
    "DeleteFiles": "mutation DeleteFiles($files: [ID!]!) { deleteFiles(input: {files: $files}) { success } }",
}
