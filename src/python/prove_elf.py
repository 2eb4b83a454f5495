"""Reads what a 64-bit little-endian ELF file says about itself: enough to judge how a module was linked."""

import struct

MACHINES = {62: "x86_64", 183: "aarch64"}

PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 2, 3, 0x6474E551, 0x6474E552
SHT_SYMTAB, SHT_DYNSYM = 2, 11
DT_NEEDED, DT_STRTAB, DT_SONAME, DT_RPATH, DT_SYMBOLIC = 1, 5, 14, 15, 16
DT_TEXTREL, DT_BIND_NOW, DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 22, 24, 29, 30, 0x6FFFFFFB
DF_SYMBOLIC, DF_TEXTREL, DF_BIND_NOW, DF_1_NOW = 0x2, 0x4, 0x8, 0x1
PF_X = 1


class NotElf(Exception):
    """Not a 64-bit little-endian ELF file, or one that is cut short."""


class Elf:
    """One ELF file. Names are text, flags booleans; everything is read once, when the object is made."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self._data = file.read()
        if self._data[:4] != b"\x7fELF" or self._data[4:6] != b"\x02\x01":
            raise NotElf("not a 64-bit little-endian ELF file")
        try:
            self._read()
        except struct.error:
            raise NotElf("an ELF file that is cut short")

    def _read(self):
        header = struct.unpack_from("<HHIQQQIHHHHHH", self._data, 16)
        machine, segments_at, sections_at = header[1], header[4], header[5]
        segment_size, segment_count, section_size, section_count = header[8:12]
        self.machine = MACHINES.get(machine, "machine %d" % machine)
        self.interpreter = None
        # An object without PT_GNU_STACK gets an executable stack from the kernel.
        self.executable_stack = True
        self.relro = False
        self._loads, dynamic = [], None
        for index in range(segment_count):
            kind, flags, offset, address, _, size = struct.unpack_from(
                "<IIQQQQ", self._data, segments_at + index * segment_size
            )
            if kind == 1:
                self._loads.append((address, offset, size))
            elif kind == PT_DYNAMIC:
                dynamic = (offset, size)
            elif kind == PT_INTERP:
                self.interpreter = self._data[offset : offset + size].rstrip(b"\0").decode()
            elif kind == PT_GNU_STACK:
                self.executable_stack = bool(flags & PF_X)
            elif kind == PT_GNU_RELRO:
                self.relro = True
        entries = self._dynamic_entries(dynamic)
        self._read_dynamic(entries)
        self._sections = [
            struct.unpack_from("<IIQQQQIIQQ", self._data, sections_at + index * section_size)
            for index in range(section_count)
        ]
        self._read_symbols()

    def _dynamic_entries(self, dynamic):
        if dynamic is None:
            return []
        offset, size = dynamic
        return [struct.unpack_from("<QQ", self._data, at) for at in range(offset, offset + size - 15, 16)]

    def _read_dynamic(self, entries):
        strings_at = next((self._offset(value) for tag, value in entries if tag == DT_STRTAB), 0)

        def texts(wanted):
            return [self._text(strings_at + value) for tag, value in entries if tag == wanted]

        def bits(wanted):
            return next((value for tag, value in entries if tag == wanted), 0)

        tags = {tag for tag, _ in entries}
        self.needed = texts(DT_NEEDED)
        self.soname = (texts(DT_SONAME) or [None])[0]
        self.search_paths = [
            entry for text in texts(DT_RPATH) + texts(DT_RUNPATH) for entry in text.split(":") if entry
        ]
        self.text_relocations = DT_TEXTREL in tags or bool(bits(DT_FLAGS) & DF_TEXTREL)
        self.bind_now = (
            DT_BIND_NOW in tags or bool(bits(DT_FLAGS) & DF_BIND_NOW) or bool(bits(DT_FLAGS_1) & DF_1_NOW)
        )
        self.symbolic = DT_SYMBOLIC in tags or bool(bits(DT_FLAGS) & DF_SYMBOLIC)

    def _table(self, kind):
        """Each symbol of the first table of a kind: name, info, other, section and address. None without such a table."""
        for section in self._sections:
            if section[1] != kind:
                continue
            offset, size, link, entry_size = section[4], section[5], section[6], section[9]
            names_at = self._sections[link][4]
            return [
                (self._text(names_at + name_at), info, other, owner, address)
                for name_at, info, other, owner, address in (
                    struct.unpack_from("<IBBHQ", self._data, at)
                    for at in range(offset + entry_size, offset + size, entry_size)
                )
            ]
        return None

    def _read_symbols(self):
        """Names that other objects can bind to, and names that this one wants from others."""
        table = self._table(SHT_DYNSYM)
        if table is None:
            raise NotElf("an ELF file without a table of dynamic symbols")
        self.exported, self.undefined = [], []
        for name, info, other, owner, _ in table:
            if info >> 4 == 0:
                continue
            if owner == 0:
                self.undefined.append(name)
            elif other & 3 in (0, 3):
                self.exported.append(name)
        self.exported.sort()
        self.undefined.sort()

    def addresses(self):
        """Address, before the file is loaded anywhere, of each symbol that it defines; of a stripped file the dynamic ones only."""
        return {
            name: address
            for name, _, _, owner, address in (self._table(SHT_SYMTAB) or self._table(SHT_DYNSYM))
            if name and 0 < owner < 0xFF00
        }

    def names(self):
        """Names that it defines, with the part before the dot of those that the compiler made from another (`f.constprop.1`)."""
        return {part for name in self.addresses() for part in (name, name.split(".")[0]) if part}

    def defined(self):
        """Offset in the file of each symbol that it defines, local ones too; of a stripped file the dynamic ones only."""
        return {
            name: self._offset(address)
            for name, _, _, owner, address in (self._table(SHT_SYMTAB) or self._table(SHT_DYNSYM))
            if name and 0 < owner < 0xFF00 and self._is_loaded(address)
        }

    def _is_loaded(self, address):
        return any(start <= address < start + size for start, _, size in self._loads)

    def _offset(self, address):
        for start, offset, size in self._loads:
            if start <= address < start + size:
                return offset + address - start
        raise NotElf("an ELF file whose dynamic section points outside of it")

    def _text(self, at):
        return self._data[at : self._data.index(b"\0", at)].decode()
