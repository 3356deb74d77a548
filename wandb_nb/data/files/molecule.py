"""`Molecule`: a file of a chemical structure, or one made by RDKit."""

from __future__ import annotations

import io
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia, caption_list, file_content
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.data.media_store import MediaTarget

FILE_TYPES = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf")
RDKIT_FILE_TYPES = ("mol", "sdf")


class Molecule(BatchableMedia):
    """A molecule to be logged: the path of a file, or an open file with *file_type*.

    Types are pdb, pqr, mmcif, mcif, cif, sdf, sd, gro, mol2 and mmtf.

    Raises:
        MediaError: The type of the file is not one of these, or missing for an open file.

    """

    log_type, folder = "molecule-file", "molecule"

    def __init__(self, data_or_path: Any, caption: str | None = None, file_type: str | None = None) -> None:
        super().__init__(caption)
        name = data_or_path if isinstance(data_or_path, (str, os.PathLike)) else getattr(data_or_path, "name", "")
        suffix = file_type or PurePath(os.fspath(name) if not isinstance(name, int) else "").suffix.lstrip(".")
        self._suffix = suffix.lower()
        if self._suffix not in FILE_TYPES:
            raise MediaError(f"a molecule file of type {self._suffix!r} is not possible: give {', '.join(FILE_TYPES)}")
        if hasattr(data_or_path, "read"):
            data = data_or_path.read()
            self._content = MediaContent(data if isinstance(data, bytes) else str(data).encode())
        else:
            self._take(lambda: file_content(os.fspath(data_or_path), "a molecule"))

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: str | None = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """Return a molecule of RDKit, or the file (mol, sdf) of one; three-dimensional unless switched off.

        Raises:
            MediaError: RDKit is not installed, or cannot read the file.

        """
        chem, all_chem = _rdkit()
        molecule = data_or_path
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            if PurePath(path).suffix.lstrip(".").lower() not in RDKIT_FILE_TYPES:
                raise MediaError(f"from_rdkit({path!r}) is not possible: give a file of type mol or sdf")
            molecule = chem.MolFromMolFile(path)
        if molecule is None:
            raise MediaError(f"RDKit cannot read {data_or_path!r}: check the file")
        if convert_to_3d_and_optimize:
            molecule = chem.AddHs(molecule)
            all_chem.EmbedMolecule(molecule)
            all_chem.MMFFOptimizeMolecule(molecule, maxIters=mmff_optimize_molecule_max_iterations)
        return cls(io.StringIO(chem.MolToPDBBlock(molecule)), caption, "pdb")

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: str | None = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """Return the molecule of a SMILES text.

        Raises:
            MediaError: RDKit is not installed, or the text is not one.

        """
        molecule = _rdkit()[0].MolFromSmiles(data, sanitize=sanitize)
        if molecule is None:
            raise MediaError(f"RDKit cannot read the SMILES text {data!r}: check it")
        return cls.from_rdkit(molecule, caption, convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations)

    @property
    def suffix(self) -> str:
        """The type of the file."""
        return self._suffix

    @classmethod
    def list_to_row(cls, values: Sequence[Molecule], target: MediaTarget) -> dict[str, Any]:
        """Store the molecules, and return the JSON of their list."""
        names = [molecule.to_row(target)["path"] for molecule in values]
        captions = caption_list(values) or {"captions": False}  # the official client writes so
        return {"_type": "molecule", "filenames": names, "count": len(names), **captions}


def _rdkit() -> tuple[Any, Any]:
    try:
        from rdkit import Chem  # large, and few use it
        from rdkit.Chem import AllChem
    except ImportError as error:
        raise MediaError("molecules of RDKit need the package rdkit: pip install rdkit") from error
    return Chem, AllChem
