//! What is known of a definition when it is asked whether the target needs it, as numbers.

/// Number of features.
pub(crate) const COUNT: usize = FEATURES.len();

/// A definition's features, in the order of [`FEATURES`].
pub(crate) type Features = [f32; COUNT];

macro_rules! features {
    ($($(#[doc = $doc:literal])* $name:ident),* $(,)?) => {
        /// The places of the features.
        #[derive(Clone, Copy)]
        #[repr(usize)]
        pub(crate) enum Feature { $($(#[doc = $doc])* $name),* }
        /// The features by name, in their order.
        pub(crate) const FEATURES: &[&str] = &[$(stringify!($name)),*];
    };
}

features! {
    /// Always 1.
    Bias,
    /// In the signature of the target.
    InSignature,
    /// In the body of the target.
    InBody,
    /// Mentioned in the file, by the logarithm of how often.
    Mentioned,
    /// Mentioned near the target: 1 beside it, falling with the distance.
    Near,
    /// Called in the file.
    Called,
    /// A member that is mentioned behind a dot.
    Dotted,
    /// Mentioned behind the name of its own type.
    Qualified,
    /// Imported by name from its module.
    Imported,
    /// A name that is imported, from a module that is not this one.
    ImportedElsewhere,
    /// Its module is imported as a whole.
    ModuleImported,
    /// Mentioned behind the name of its module.
    ModuleQualified,
    /// Other definitions of the name, by the logarithm.
    Ambiguous,
    /// The share of files that mention it, by the logarithm.
    Common,
    /// A member of a type in the signature.
    OfSignature,
    /// A member of a type around the target.
    OfSelf,
    /// A member of a type that is imported by name.
    OfImported,
    /// A member of a type mentioned in the file, by the logarithm of how often.
    OfMentioned,
    /// A member of a type mentioned near the target.
    OfNear,
    /// A member of a type in the fields or signatures of the type around the target.
    OfSelfNames,
    /// In the fields or signatures of the type around the target.
    InSelfNames,
    /// In a function of the same name elsewhere.
    InNamesake,
    /// In a like function of the file.
    InSibling,
    /// Beside a call of the target.
    InCaller,
    /// In files like this one.
    InLikeFiles,
    /// In the same folder.
    SameFolder,
    /// Parts of its name are parts of the target's name.
    LikeTarget,
    /// Parts of its name are parts of names near the target.
    LikeNear,
    /// Visible outside its file.
    Public,
    /// A test.
    Test,
    /// Of the implementation of a trait.
    Implements,
    /// A function.
    Function,
    /// A method.
    Method,
    /// A field.
    Field,
    /// A variant of an enum.
    Variant,
    /// A type.
    Type,
    /// A macro.
    Macro,
    /// A constant.
    Constant,
    /// Makes a value of its type.
    Constructor,
    /// Named as the target is.
    Namesake,
    /// A member of a type of the signature, mentioned behind a dot.
    DottedOfSignature,
    /// A member of a visible type, mentioned behind a dot.
    DottedOfVisible,
    /// A type that is mentioned.
    MentionedType,
    /// A macro that is mentioned.
    MentionedMacro,
    /// In the signature of a likely definition.
    InLikelySignature,
    /// A member of a likely type.
    OfLikelyType,
    /// Mentioned and imported.
    MentionedImported,
    /// Written in a like function, and a member of a visible type.
    SiblingOfVisible,
    /// Few definitions have the name, and files like this one mention it.
    RareInLikeFiles,
    /// In a function of the same name, and a member of a visible type.
    NamesakeOfVisible,
    /// The share of the functions beside the target that mention it.
    InSiblings,
    /// The share of the functions in the target's own type that mention it.
    InOwnSiblings,
    /// In functions of like files that are like the target.
    InLikeFunction,
    /// Named in the header of the type around the target.
    InHeader,
    /// A member of a type that the one around the target is made from.
    OfBase,
    /// A type whose name reads like names near the target.
    TypeLikeNear,
    /// A member of a type whose name reads like names near the target.
    OfTypeLikeNear,
    /// Mentioned behind `self`.
    OnSelf,
    /// How often it is mentioned behind a name of the signature, by the logarithm.
    OnSignatureName,
    /// A member of the type behind the arrow of the signature.
    OfReturned,
    /// Makes a value of the type behind the arrow of the signature.
    MakesReturned,
    /// How many files mention it, of those that mention its type, by the logarithm.
    ShareOfType,
    /// Tokens of its signature, by the logarithm, guessed.
    Length,
    /// Lines of its type, by the logarithm.
    Crowd,
    /// In the attributes or comments above the target.
    InLeading,
    /// Files that mention it, by the logarithm.
    MentionedIn,
    /// Files that mention it beside its own and the target's, by the logarithm.
    MentionedElsewhere,
    /// The share of the functions beside the target that mention it, the nearer counting for more.
    InNearSiblings,
    /// That share, where functions count by the rare names that their signatures share with the target's.
    InSiblingsOfSignature,
    /// That share, where functions count by the rare parts that their names share with the target's.
    InSiblingsOfName,
    /// The share of the like functions of like files that mention it.
    InLikeFunctions,
    /// How often it stands behind a field of the target's type, by the logarithm.
    OnField,
    /// Stands behind names of the signature or fields of the target's type in like functions of other files.
    OnReceiver,
    /// A member of a type in the fields of the target's type.
    OfFieldType,
    /// In the fields of the target's type.
    InFields,
    /// The rarest part that its name and the target's have, by the logarithm.
    RareLikeTarget,
    /// The rarest part of its name that stands in the signature or the names around the target, by the logarithm.
    RareLikeNear,
    /// The rarest such part of its type's name.
    OfTypeRareLikeNear,
    /// The type of members: how many definitions of it the file mentions, by the logarithm.
    TypeInUse,
    /// Its module is imported under a name: how often that is mentioned outside of imports, by the logarithm.
    ModuleMentioned,
    /// Its module is imported under a name that nothing else mentions.
    ModuleUnused,
    /// How many definitions of its file are imported by name, by the logarithm.
    FileImported,
    /// How many of these nothing else in the target's file mentions, by the logarithm.
    FileUnused,
    /// How many visible definitions of its file the target's mentions, by the logarithm.
    FileInUse,
    /// In functions of other files that are like the target, the liker and the rarer counting for more.
    InNearest,
    /// How like the target the likest of them is that mentions it.
    NearestWith,
    /// Folders and files between its file and the target's, by the logarithm.
    Distance,
    /// A member of a type that the functions beside the target mention: by what share, where functions count by the rare names that
    /// their signatures share with the target's.
    TypeInSiblingsOfSignature,
    /// A member of a type that functions of other files mention that are like the target.
    TypeInNearest,
    /// In a language whose blocks are told by how they are indented.
    Indented,
    /// Names in the signature of the target, by the logarithm.
    NamesOfSignature,
    /// Functions beside the target, by the logarithm.
    Beside,
    /// How many names the functions beside the target have in their bodies, by the logarithm.
    NamesOfSiblings,
    /// Names that the file imports, by the logarithm.
    Imports,
    /// In functions that mention what else is likely.
    InKindred,
    /// Bytes of its signature, by the logarithm.
    Bytes,
    /// The share of the names in its signature that stand in the target's, or near it.
    SignatureVisible,
    /// The share of the defined names of the target's signature that stand in its signature.
    SignatureShared,
    /// It gives what the target gives.
    Gives,
    /// A member of a type in the signature of a likely definition.
    OfToldType,
    /// How much is likely of its type, by the logarithm.
    HeatOfType,
    /// How much is likely of its file, by the logarithm.
    HeatOfFile,
    /// How likely it is by what is known of it alone, as log odds.
    Alone,
    /// What the first forest says, as log odds. This and what follows is known of those that are judged again (see `again.rs`).
    Before,
    /// How many definitions are likely needed.
    LikelyOfAll,
    /// How many of its name are likelier.
    PlaceOfName,
    /// How many of its name are likely needed beside it.
    LikelyOfName,
    /// How likely the likeliest other one of its name is.
    BestOfName,
    /// How many of its type are likelier.
    PlaceOfType,
    /// How many of its type are likely needed beside it.
    LikelyOfType,
    /// How likely the likeliest other one of its type is.
    BestOfType,
    /// How many of its file are likelier.
    PlaceOfFile,
    /// How many of its file are likely needed beside it.
    LikelyOfFile,
    /// How likely the likeliest is whose signature names it.
    Told,
    /// How likely the likeliest is whose signature names its type before the arrow.
    TypeTaken,
    /// How likely the likeliest is whose signature names its type behind the arrow.
    TypeGiven,
    /// How likely its type is.
    TypeLikely,
}
