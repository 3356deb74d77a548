"""The GraphQL operations that read and change stored artifacts, by their names on the server."""

from __future__ import annotations

_ARTIFACT = """id digest description state size fileCount createdAt updatedAt metadata versionIndex historyStep
      ttlDurationSeconds tags { name } artifactType { name } artifactSequence { name project { name entityName } }
      createdBy { __typename ... on Run { name displayName project { name entityName } } }"""
_MEMBERSHIP = f"""versionIndex aliases {{ alias }} artifactCollection {{ name project {{ name entityName }} }}
      artifact {{ {_ARTIFACT} }}"""
_COLLECTION = "project(name: $project, entityName: $entity) { artifactCollection(name: $name)"
_NAMES = "$entity: String!, $project: String!, $name: String!"
_PAGE = "pageInfo { hasNextPage endCursor }"
_IN_RUN = "project(name: $project, entityName: $entity) { run(name: $run)"

ARTIFACT_READ_QUERIES = {
    "ArtifactMembershipByName": f"""query ArtifactMembershipByName(
  $entity: String, $project: String!, $name: String!
) {{
  project(name: $project, entityName: $entity) {{
    artifactCollectionMembership(name: $name) {{ {_MEMBERSHIP} }}
  }}
}}""",
    "FetchArtifactManifest": """query FetchArtifactManifest($id: ID!) {
  artifact(id: $id) { currentManifest { file { directUrl } } }
}""",
    "ArtifactFileUrls": f"""query ArtifactFileUrls($id: ID!, $cursor: String, $perPage: Int!) {{
  artifact(id: $id) {{ files(after: $cursor, first: $perPage) {{
    edges {{ node {{ name directUrl }} cursor }} {_PAGE}
  }} }}
}}""",
    "ArtifactUsedBy": """query ArtifactUsedBy($id: ID!) {
  artifact(id: $id) { usedBy { edges { node { name displayName project { name entityName } } } } }
}""",
    "ProjectArtifactCollections": f"""query ProjectArtifactCollections(
  $entity: String!, $project: String!, $cursor: String, $perPage: Int!
) {{
  project(name: $project, entityName: $entity) {{ artifactCollections(after: $cursor, first: $perPage) {{
    edges {{ node {{ __typename name defaultArtifactType {{ name }} }} cursor }} {_PAGE}
  }} }}
}}""",
    "CollectionVersions": f"""query CollectionVersions({_NAMES}, $cursor: String, $perPage: Int!) {{
  {_COLLECTION} {{ artifactMemberships(after: $cursor, first: $perPage) {{
    edges {{ node {{ {_MEMBERSHIP} }} cursor }} {_PAGE}
  }} }} }}
}}""",
    "CollectionAliases": f"""query CollectionAliases({_NAMES}, $cursor: String, $perPage: Int!) {{
  {_COLLECTION} {{ id __typename aliases(after: $cursor, first: $perPage) {{
    edges {{ node {{ alias }} cursor }} {_PAGE}
  }} }} }}
}}""",
    "RunInputArtifacts": f"""query RunInputArtifacts(
  $entity: String!, $project: String!, $run: String!, $cursor: String, $perPage: Int!
) {{
  {_IN_RUN} {{ inputArtifacts(after: $cursor, first: $perPage) {{
    edges {{ node {{ {_ARTIFACT} }} cursor }} {_PAGE}
  }} }} }}
}}""",
    "RunOutputArtifacts": f"""query RunOutputArtifacts(
  $entity: String!, $project: String!, $run: String!, $cursor: String, $perPage: Int!
) {{
  {_IN_RUN} {{ outputArtifacts(after: $cursor, first: $perPage) {{
    edges {{ node {{ {_ARTIFACT} }} cursor }} {_PAGE}
  }} }} }}
}}""",
    "UpdateArtifact": f"""mutation UpdateArtifact($input: UpdateArtifactInput!) {{
  updateArtifact(input: $input) {{ artifact {{ {_ARTIFACT} }} }}
}}""",
    "DeleteArtifact": """mutation DeleteArtifact($input: DeleteArtifactInput!) {
  deleteArtifact(input: $input) { success }
}""",
    "LinkArtifact": """mutation LinkArtifact($input: LinkArtifactInput!) {
  linkArtifact(input: $input) { versionIndex }
}""",
}
